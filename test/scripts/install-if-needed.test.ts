import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const lockfile = (version: string) =>
  JSON.stringify({
    packages: {
      '': { name: 'clone' },
      'node_modules/a': { version },
      'node_modules/elsewhere': { version: '1.0.0', optional: true },
    },
  });

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'clone-'));
  for (const folder of ['scripts', 'bin', 'node_modules']) {
    mkdirSync(join(clone, folder));
  }
  const script = 'scripts/install-if-needed.mjs';
  copyFileSync(new URL(`../../${script}`, import.meta.url), join(clone, script));
  writeFileSync(join(clone, 'package-lock.json'), lockfile('1.2.3'));
});
afterEach(() => rmSync(clone, { recursive: true }));

/** Runs it where `npm` is this shell script; what was printed. */
function run(npm: string): string {
  writeFileSync(join(clone, 'bin', 'npm'), `#!/bin/sh\n${npm}\n`);
  chmodSync(join(clone, 'bin', 'npm'), 0o755);
  const env = { ...process.env, PATH: join(clone, 'bin') + delimiter + process.env.PATH };
  return execFileSync(process.execPath, ['scripts/install-if-needed.mjs'], {
    cwd: clone,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

const installed = (version: string) =>
  writeFileSync(join(clone, 'node_modules', '.package-lock.json'), lockfile(version));

describe('npm start and npm test', () => {
  it('install what the lockfile says on a fresh clone, and say so in one line', () => {
    const said = run('echo "npm $*"').trim().split('\n');
    expect(said).toEqual([
      'Installing 1 packages as package-lock.json says (npm ci), this once.',
      'npm ci --silent',
    ]);
  });

  it('install again once the lockfile names another version', () => {
    installed('1.2.2');
    expect(run('echo "npm $*"')).toContain('npm ci');
  });

  it('do and say nothing where it is installed; packages of other platforms do not count', () => {
    installed('1.2.3');
    expect(run('echo "npm $*"')).toBe('');
  });

  it('end where the installation failed', () => {
    expect(() => run('exit 7')).toThrow(expect.objectContaining({ status: 7 }));
  });
});
