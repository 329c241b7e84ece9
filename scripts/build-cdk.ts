/** The construct as the package brings it: one module, and the functions' code beside it, so that nobody needs a bundler. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { buildBundles } from '../lib/bundles.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Writes `<outDir>/index.js` and `<outDir>/lambdas/<flow>/index.cjs`. The CDK stays an import: an app has one copy of it. Tells what went into them. */
export async function buildCdk(outDir: string): Promise<Metafile[]> {
  const [functions, { metafile }] = await Promise.all([
    buildBundles(join(outDir, 'lambdas'), {}),
    build({
      absWorkingDir: root,
      entryPoints: { index: 'lib/countersign.ts' },
      outdir: outDir,
      bundle: true,
      external: ['aws-cdk-lib', 'constructs'],
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      sourcemap: true,
      metafile: true,
      logLevel: 'warning',
    }),
  ]);
  return [functions, metafile];
}
