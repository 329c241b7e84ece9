/** The function bundles and the template of the local stage: made when a source has changed, else taken from before. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Template } from './resources.ts';

export type Assembly = {
  template: Template;
  /** Has the folders `asset.<hash>` with the functions' code. */
  dir: string;
  /** Whether nothing had to be made. */
  cached: boolean;
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const cacheDir = join(root, '.build', 'local');
const sources = [
  'lambdas',
  'lib',
  'bin',
  'stages',
  'client',
  'web',
  'scripts/build-web.ts',
  'cdk.json',
  'package-lock.json',
];
const stageName = 'local';
const staleAfterMs = 24 * 60 * 60 * 1000;

/** The assembly of the sources as they are now. `onProgress` gets each step as a sentence. */
export async function loadAssembly(onProgress: (step: string) => void): Promise<Assembly> {
  const dir = join(cacheDir, hashOf(sources));
  const cached = existsSync(join(dir, 'template.json'));
  if (!cached) {
    await makeAssembly(dir, onProgress);
  }
  utimesSync(dir, new Date(), new Date());
  removeStale();
  return { template: JSON.parse(readFileSync(join(dir, 'template.json'), 'utf8')), dir, cached };
}

async function makeAssembly(dir: string, onProgress: (step: string) => void): Promise<void> {
  // Another start may be making the same: each works in a folder of its own, and the first one to finish wins.
  const workDir = `${dir}.${process.pid}`;
  const bundlesDir = `${workDir}.bundles`;
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(workDir, { recursive: true });
  try {
    onProgress('building the functions with esbuild, loading the CDK');
    // esbuild is a process of its own: the CDK, slow to load, loads meanwhile.
    const [{ synthesize }] = await Promise.all([
      import('../../lib/synthesize.ts'),
      buildFunctions(bundlesDir),
    ]);
    onProgress('synthesizing the stack');
    // The CDK's own check of the template takes longer than all the rest; `npm run synth` has it.
    process.env.CDK_VALIDATION = 'false';
    const { template } = synthesize(stageName, { bundlesDir, outDir: workDir });
    writeFileSync(join(workDir, 'template.json'), JSON.stringify(template));
    if (!existsSync(dir)) {
      renameSync(workDir, dir);
    }
  } finally {
    rmSync(workDir, { recursive: true, force: true });
    rmSync(bundlesDir, { recursive: true, force: true });
  }
}

async function buildFunctions(bundlesDir: string): Promise<void> {
  const [{ buildBundles }, { readStage }] = await Promise.all([
    import('../../lib/bundles.ts'),
    import('../../lib/stage.ts'),
  ]);
  await buildBundles(bundlesDir, readStage(stageName));
}

function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths.flatMap((each) => filesOf(join(root, each)))) {
    hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) {
    return [];
  }
  if (!statSync(path).isDirectory()) {
    return [path];
  }
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

function removeStale(): void {
  for (const name of readdirSync(cacheDir)) {
    const path = join(cacheDir, name);
    if (Date.now() - statSync(path).mtimeMs > staleAfterMs) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}
