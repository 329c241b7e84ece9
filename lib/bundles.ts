/**
 * The functions' code: every flow becomes one minified CommonJS file with all that it needs, the SDK included.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { background, routes } from '../lambdas/routes.ts';

const flowsDir = fileURLToPath(new URL('../lambdas/flows', import.meta.url));

/**
 * Lambda gives a function its credentials by the environment. The SDK's own chain also brings SSO, profiles, other
 * processes and instance metadata: 80 KB that could only ever be reached by accident.
 */
const credentialsFromEnvironment: Plugin = {
  name: 'credentials-from-environment',
  setup({ onResolve, onLoad }) {
    const namespace = 'credentials';
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ resolveDir }) => ({
      path: 'from-environment',
      namespace,
      pluginData: resolveDir,
    }));
    onLoad({ filter: /.*/, namespace }, ({ pluginData }) => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
      resolveDir: pluginData,
    }));
  },
};

type Options = {
  /** The flows to build and where their sources are; every flow of the routes table by default. */
  flows?: readonly string[];
  sourceDir?: string;
};

/**
 * Writes `<outDir>/<flow>/index.cjs` for every flow and background task, and tells what went into each.
 * Throws an error that names the sources that are missing.
 */
export async function bundle(outDir: string, options: Options = {}): Promise<Metafile> {
  const flows = options.flows ?? [...Object.keys(routes), ...Object.keys(background)];
  const sources = flows.map((flow) => join(options.sourceDir ?? flowsDir, `${flow}.ts`));
  const missing = sources.filter((source) => !existsSync(source));
  if (missing.length > 0) throw new Error(`These flows have no source:\n${missing.join('\n')}`);

  const { metafile } = await build({
    entryPoints: flows.map((flow, n) => ({ in: sources[n] as string, out: `${flow}/index` })),
    outdir: outDir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    treeShaking: true,
    legalComments: 'none',
    plugins: [credentialsFromEnvironment],
    metafile: true,
    logLevel: 'error',
  });
  return metafile;
}

/** Writes `<outDir>/<flow>/index.cjs` for every flow of the routes table and every background task. */
export async function buildBundles(outDir: string): Promise<void> {
  await bundle(outDir);
}
