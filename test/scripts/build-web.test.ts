import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildElements, buildPromptPage, gzipBytes } from '../../scripts/build-web.ts';

type Named = { name: string };

let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'web-'));
  await buildElements(join(dir, 'elements'));
  await buildPromptPage(join(dir, 'prompt'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('the built elements', () => {
  it('the prompt with Lit is at most 25 KB, compressed', () => {
    expect(gzipBytes(join(dir, 'elements'), 'prompt.js') / 1024).toBeLessThanOrEqual(25);
  });

  it('count what is imported at once, not the languages that may follow', () => {
    const alone = readFileSync(join(dir, 'elements/prompt.js')).length;
    expect(gzipBytes(join(dir, 'elements'), 'prompt.js')).toBeGreaterThan(alone);
  });

  it('come with their stylesheet', () => {
    expect(readFileSync(join(dir, 'elements/countersign.css'), 'utf8')).toContain('--cs-accent');
  });
});

describe('the hosted prompt', () => {
  const html = () => readFileSync(join(dir, 'prompt/index.html'), 'utf8');

  it('has no inline script and no inline style', () => {
    expect(html()).not.toMatch(/<style|style=|<script>|<script [^>]*>[^<]|\son\w+=/);
  });

  it('names only files that exist, by their content', () => {
    const named = [...html().matchAll(/(?:href|src)="assets\/([^"]+)"/g)].map(([, name]) => name);
    expect(named).toHaveLength(3);
    expect(readdirSync(join(dir, 'prompt/assets'))).toEqual(expect.arrayContaining(named));
    expect(named.every((name) => /-[A-Z0-9]{8}\./.test(name as string))).toBe(true);
  });
});

describe('the manifest of the elements', () => {
  it('describes what docs/elements.md describes: the same attributes, properties and events', () => {
    execFileSync('node_modules/.bin/cem', ['analyze', '--quiet', '--outdir', relative('.', dir)], {
      stdio: 'pipe',
    });
    const manifest = JSON.parse(readFileSync(join(dir, 'custom-elements.json'), 'utf8')) as {
      modules: {
        declarations: { tagName?: string; members?: Named[]; attributes?: Named[]; events?: Named[] }[];
      }[];
    };
    expect(JSON.parse(readFileSync('package.json', 'utf8')).customElements).toBe(
      'dist/elements/custom-elements.json',
    );
    const elements = manifest.modules
      .flatMap(({ declarations }) => declarations)
      .filter(({ tagName }) => tagName);
    const docs = readFileSync('docs/elements.md', 'utf8');
    expect(elements.map(({ tagName }) => tagName).sort()).toEqual([
      'countersign-admin',
      'countersign-prompt',
      'countersign-security',
    ]);
    const named = elements.flatMap(({ members = [], attributes = [], events = [] }) => [
      ...members,
      ...attributes,
      ...events,
    ]);
    expect(
      [...new Set(named.map(({ name }) => name))].filter((name) => !docs.includes(`\`${name}\``)),
    ).toEqual([]);
    const documented = [...docs.matchAll(/^\| (?:`[a-z-]+`)? \| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(documented.filter((name) => !named.some((other) => other.name === name))).toEqual([]);
  });
});
