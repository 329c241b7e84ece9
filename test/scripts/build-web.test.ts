import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildElements, buildPromptPage, gzipBytes } from '../../scripts/build-web.ts';

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
