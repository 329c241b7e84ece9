/** What a release says of itself: the changelog's section, what is inside, and under which licences. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sectionedChangelog } from '../../scripts/release/changelog.ts';
import { billOf, bundled, installed, type Material, noticesOf } from '../../scripts/release/materials.ts';

const root = new URL('../..', import.meta.url).pathname;

describe('the changelog of a release', () => {
  const before =
    '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n- First.\n';

  it('has what was unreleased under its own heading', () => {
    expect(sectionedChangelog(before, '1.0.0-rc.1', '2026-11-25')).toBe(
      before.replace('## [Unreleased]\n', '## [Unreleased]\n\n## [1.0.0-rc.1] - 2026-11-25\n'),
    );
  });

  it('is refused where there is nothing in it, and twice', () => {
    const after = sectionedChangelog(before, '1.0.0-rc.1', '2026-11-25');
    expect(() => sectionedChangelog(after, '1.0.0-rc.2', '2026-11-26')).toThrow('nothing unreleased');
    expect(() => sectionedChangelog(before, '0.1.0', '2026-11-26')).toThrow('0.1.0');
  });
});

describe('what is in the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-materials-'));
  let inside: Material[];
  let brought: Material[];
  beforeAll(async () => {
    const [{ buildCdk }, { buildElements }] = await Promise.all([
      import('../../scripts/build-cdk.ts'),
      import('../../scripts/build-web.ts'),
    ]);
    const metafiles = await buildCdk(join(folder, 'cdk'));
    inside = bundled(root, [...metafiles, await buildElements(join(folder, 'elements'))]);
    brought = installed(root);
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true }));
  const permissive = new Set(['Apache-2.0', 'MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);

  it('is under licences that ask for their notice and no more', () => {
    expect(inside.map(({ name }) => name)).toEqual(expect.arrayContaining(['jose', 'zod', 'lit-html']));
    expect(inside.length).toBeGreaterThan(15);
    const other = [...inside, ...brought].filter(({ licence }) => !permissive.has(licence));
    expect(other.map(({ name, licence }) => `${name}: ${licence}`)).toEqual([]);
  });

  it('comes with those notices', () => {
    const notices = noticesOf(root, inside);
    for (const { name, version, licence } of inside) {
      expect(notices).toContain(`${name} ${version} (${licence})`);
    }
    expect(notices).toContain('Permission is hereby granted, free of charge');
  });

  it('has a bill that names each by its package URL', () => {
    const { components } = billOf('1.0.0', [...inside, ...brought]) as { components: { purl: string }[] };
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const names = components.map(({ purl }) => purl);
    for (const name of Object.keys(dependencies)) {
      expect(names.some((purl) => purl.startsWith(`pkg:npm/${name.replace('@', '%40')}@`))).toBe(true);
    }
  });
});
