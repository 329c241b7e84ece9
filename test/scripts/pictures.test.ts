import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** Every English text of the elements, plurals in each of their forms. */
function catalogueTexts(): string[] {
  const folder = new URL('web/catalogues/', root);
  return readdirSync(folder).flatMap((name) => {
    const file = new URL(`${name}/en.json`, folder);
    return existsSync(file) ? Object.values(JSON.parse(readFileSync(file, 'utf8'))).flatMap(forms) : [];
  });
}

const forms = (text: unknown): string[] =>
  typeof text === 'string' ? [text] : Object.values(text as Record<string, string>);

/** What stands on Acme's own pages. */
const ofAcme = ['Email', 'Password', 'Sign in'];

/** Width and height of an extended WebP file, each stored less one in 24 bits (RFC 9649, 2.7). */
const sizeOf = (webp: Buffer) => {
  expect(webp.toString('latin1', 12, 16)).toBe('VP8X');
  return [webp.readUIntLE(24, 3) + 1, webp.readUIntLE(27, 3) + 1];
};

describe('the pictures of the README', () => {
  const source = read('scripts/pictures.ts');
  const labels = [...source.matchAll(/(?:getByLabel\(|getByText\(|name: )'([^']+)'/g)].map(
    ([, label]) => label as string,
  );

  it('show labels that are in the catalogue', () => {
    const texts = [...catalogueTexts(), ...ofAcme];
    expect(labels.length).toBeGreaterThan(8);
    expect(labels.filter((label) => !texts.includes(label))).toEqual([]);
  });

  it.each(['users-light', 'users-dark', 'admins-light', 'admins-dark'])('%s is there, and small', (name) => {
    const file = new URL(`docs/pictures/${name}.webp`, root);
    expect(statSync(file).size).toBeLessThan(200 * 1024);
    expect(sizeOf(readFileSync(file))).toEqual([2560, 1440]);
  });

  it('are in the README, each with its dark twin and a text that says what it shows', () => {
    const readme = read('README.md');
    for (const name of ['users', 'admins']) {
      expect(readme).toMatch(new RegExp(`srcset="docs/pictures/${name}-dark\\.webp"`));
      expect(readme).toMatch(new RegExp(`src="docs/pictures/${name}-light\\.webp" alt="[^"]{40,}"`));
    }
  });
});
