/** What the documents say is what the code does. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { walkThrough } from '../local/dev/walk-through.ts';
import { apiDocument, readme, testsOf } from '../scripts/api-table.ts';

const root = new URL('..', import.meta.url).pathname;
const text = (path: string) => readFileSync(join(root, path), 'utf8');
/** The formatter pads the cells of tables. */
const unpadded = (markdown: string) => markdown.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---');
const documents = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true })
    .map((file) => `docs/${file}`)
    .filter((file) => file.endsWith('.md')),
];

describe('the documents', () => {
  it("the README has today's example, and the walk-through that npm start prints: npm run docs writes them", () => {
    expect(text('README.md')).toBe(readme());
    expect(text('README.md')).toContain(walkThrough('http://localhost:4400'));
  });

  it("docs/api.md has today's routes and errors: npm run docs writes them", () => {
    expect(unpadded(text('docs/api.md'))).toBe(unpadded(apiDocument()));
  });

  it('docs/README.md names every document', () => {
    const documents = readdirSync(join(root, 'docs')).filter(
      (file) => file.endsWith('.md') && file !== 'README.md',
    );
    for (const document of documents) {
      expect(text('docs/README.md')).toContain(`](${document})`);
    }
  });

  it.each(documents)(
    '%s links to files that there are, and names only npm scripts that there are',
    (path) => {
      const links = [...text(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link as string);
      for (const link of links) {
        expect([link, existsSync(join(root, dirname(path), link))]).toEqual([link, true]);
      }
      const { scripts } = JSON.parse(text('package.json'));
      for (const [, script] of text(path).matchAll(/npm run ([\w:]+)/g)) {
        expect(Object.keys(scripts)).toContain(script);
      }
    },
  );

  it.each(['docs/threats.md', 'docs/requirements.md'])(
    'every test file beside a row of %s bears its number',
    (path) => {
      const rows = [...text(path).matchAll(/^\| ([RS]\d+) +\|.*\| (.*)\|$/gm)];
      expect(rows.length).toBeGreaterThan(60);
      for (const [, row, cell] of rows) {
        const named = [...(cell as string).matchAll(/\(\.\.\/(test[^)]+)\)/g)].map(([, file]) => file);
        expect([row, testsOf(row as string)]).toEqual([row, expect.arrayContaining(named)]);
      }
    },
  );

  it('every requirement that a test bears has its row in docs/requirements.md, with a test', () => {
    const tests = readdirSync(join(root, 'test'), { recursive: true }).map(String);
    const titles = tests.filter((file) => file.endsWith('.test.ts')).map((file) => text(`test/${file}`));
    const borne = new Set(titles.join('\n').match(/(?<=['"`]([RS]\d+,? )*)R\d+\b/g));
    expect(borne.size).toBeGreaterThan(60);
    for (const row of borne) {
      expect(text('docs/requirements.md')).toMatch(new RegExp(`^\\| ${row} +\\|.*\\.test\\.ts`, 'm'));
    }
  });
});
