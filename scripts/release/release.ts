/**
 * `npm run release -- VERSION`: everything that a release says, from a clean `main`: the version, the changelog's section,
 * what the stack retains, and a signed-off commit with its tag. It publishes nothing: pushing the tag does, from CI, with
 * npm's provenance.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sectionedChangelog } from './changelog.ts';
import { retainedOf } from './upgrade.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 100_000_000 });

const [version = '', ...rest] = process.argv.slice(2);
const isDryRun = rest.includes('--dry-run');
if (!/^\d+\.\d+\.\d+(-rc\.\d+)?$/.test(version)) {
  console.error('npm run release -- VERSION [--dry-run], such as 1.0.0-rc.1');
  process.exit(2);
}
if (!isDryRun && run('git', 'status', '--porcelain') !== '') {
  console.error('Commit everything first.');
  process.exit(1);
}

writeFileSync('CHANGELOG.md', sectionedChangelog(readFileSync('CHANGELOG.md', 'utf8'), version, today()));
const current = JSON.parse(readFileSync('package.json', 'utf8')).version;
if (current !== version) {
  run('npm', 'version', version, '--no-git-tag-version');
}
mkdirSync('releases', { recursive: true });
writeFileSync(`releases/${version}.json`, `${JSON.stringify({ Resources: await retained() }, null, 1)}\n`);
if (isDryRun) {
  console.log(`${version} is written, nothing is committed.`);
} else {
  run('git', 'add', 'releases');
  run('git', 'commit', '--quiet', '--all', '--signoff', '--message', `chore(release): ${version}`);
  run('git', 'tag', '--annotate', `v${version}`, '--message', `Countersign ${version}`);
  console.log(`v${version} is tagged. Push it: git push --follow-tags`);
}

async function retained() {
  const [{ synthesize }, { buildBundles }] = await Promise.all([
    import('../../lib/synthesize.ts'),
    import('../../lib/bundles.ts'),
  ]);
  const bundlesDir = join(root, '.build/release');
  await buildBundles(bundlesDir, {});
  const { template } = synthesize('dev', { bundlesDir });
  return retainedOf((template as { Resources: Parameters<typeof retainedOf>[0] }).Resources);
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
