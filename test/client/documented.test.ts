/** What docs/client.md, docs/integrate.md and llms.txt promise. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BrowserClient } from '../../client/browser.ts';
import { Countersign } from '../../client/server.ts';

const root = new URL('../..', import.meta.url).pathname;
const text = (path: string) => readFileSync(root + path, 'utf8');
const methodsOf = (client: { prototype: object }) =>
  Object.getOwnPropertyNames(client.prototype).filter((name) => name !== 'constructor');

it('docs/client.md has every method', () => {
  const document = text('docs/client.md');
  for (const name of methodsOf(Countersign)) {
    expect(document).toContain(`\`${name}(`);
  }
  for (const name of methodsOf(BrowserClient)) {
    expect(document).toContain(`\`${name}\``);
  }
});

it('docs/integrate.md needs as many lines of code as it says', () => {
  const parts = text('docs/integrate.md').split(/^## /m).slice(1);
  const counts = parts.map((part) => {
    const blocks = [...part.matchAll(/<!-- lines -->\n+```\w+\n([\s\S]*?)```/g)].map(
      ([, code]) => code as string,
    );
    const lines = blocks.flatMap((code) => code.split('\n')).filter((line) => line.trim() !== '');
    return { said: Number(/\((\d+) lines\)/.exec(part)?.[1]), are: lines.length };
  });
  expect(counts.map(({ are }) => are)).toEqual(counts.map(({ said }) => said));
  expect(counts.reduce((sum, { are }) => sum + are, 0)).toBeLessThanOrEqual(40);
});

it('every file that llms.txt names is there', () => {
  for (const [, path] of text('llms.txt').matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    expect([path, existsSync(root + path)]).toEqual([path, true]);
  }
});

it('every example has less than 60 lines, the one of the README at most 40', () => {
  const examples = [...text('llms.txt').matchAll(/\]\((examples\/[^)]+)\)/g)].map(
    ([, path]) => path as string,
  );
  for (const path of examples) {
    expect([path, text(path).split('\n').length - 1 < 60]).toEqual([path, true]);
  }
  expect(text('examples/sign-in.ts').split('\n').length - 1).toBeLessThanOrEqual(40);
});
