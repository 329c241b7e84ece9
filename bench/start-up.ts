/** Bytes and cold import of a sign-in's functions, against the bundle that esbuild makes by default. */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { median } from './head-to-head.ts';

const flow = 'verify-challenge';
const root = join(import.meta.dirname, '..');

/** What is loaded when it is needed is a file of its own for both. */
const onDemand: Plugin = {
  name: 'on-demand',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind }) => (kind === 'dynamic-import' ? { external: true } : undefined));
  },
};

/** The same source, bundled and minified, without what lib/bundles.ts leaves out. */
export async function defaultBundle(outDir: string): Promise<string> {
  const outfile = join(outDir, 'default', flow, 'index.cjs');
  await build({
    entryPoints: [join(root, 'lambdas/flows', `${flow}.ts`)],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    legalComments: 'none',
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'error',
    plugins: [onDemand],
  });
  return outfile;
}

export type StartUp = { node: string; bytes: [number, number]; cpuMs: [number, number] };

/** Ours and the default one, in turns: the CPU of the import alone, in new processes. */
export function startUp(node: string, files: [string, string], imports: number): StartUp {
  const cpu: [number[], number[]] = [[], []];
  for (let n = 0; n < imports; n += 1) {
    files.forEach((file, which) => {
      cpu[which as 0 | 1].push(importOf(node, file));
    });
  }
  const version = execFileSync(node, ['--version']).toString().trim();
  const bytes = files.map((file) => statSync(file).size) as [number, number];
  return { node: version, bytes, cpuMs: cpu.map(median) as [number, number] };
}

function importOf(node: string, file: string): number {
  const script = `const c=process.cpuUsage();require(${JSON.stringify(file)});const{user,system}=process.cpuUsage(c);console.log((user+system)/1000)`;
  return Number(execFileSync(node, ['-e', script], { env, stdio: ['ignore', 'pipe', 'ignore'] }).toString());
}

const env = {
  ...process.env,
  AWS_REGION: 'us-east-1',
  TABLE_NAME: 'bench',
  STAGE: 'bench',
  VAULT_KEY_ARN: 'arn:aws:kms:us-east-1:000000000000:key/vault',
  SIGNING_KEY_ARNS: 'arn:aws:kms:us-east-1:000000000000:key/signing',
  ISSUER_URL: 'https://bench.test',
  AUDIENCE: 'bench',
  PRODUCT_NAME: 'Bench',
};
