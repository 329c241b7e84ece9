/**
 * Runs before `npm start` and `npm test`: installs what the lockfile says, unless that is what is there. Plain JavaScript
 * without dependencies, because on a fresh clone there are none.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);

function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(new URL(lockfile, root), 'utf8')).packages;
  } catch {
    return {};
  }
}

const wanted = Object.entries(packagesOf('package-lock.json'));
const installed = packagesOf('node_modules/.package-lock.json');
// Optional packages are for other platforms, or for this one: npm knows.
const missing = wanted.filter(
  ([path, { version, optional, devOptional }]) =>
    path !== '' && !optional && !devOptional && installed[path]?.version !== version,
);

if (missing.length > 0) {
  console.log(`Installing ${missing.length} packages as package-lock.json says (npm ci), this once.`);
  const { status } = spawnSync('npm', ['ci', '--silent'], {
    cwd: fileURLToPath(root),
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error('npm ci failed. Run it by hand to see why.');
  }
  process.exit(status ?? 1);
}
