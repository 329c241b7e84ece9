/** `npm run build`: all that the npm package holds, in `dist/`. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildCdk } from './build-cdk.ts';
import { buildElements } from './build-web.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Dependencies stay imports: an app has one copy of each, and updates it without us. */
async function buildClients(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ['client/server.ts', 'client/browser.ts'],
    outdir: 'dist/client',
    chunkNames: '[name]-[hash]',
    bundle: true,
    // `CountersignError` is one class, whichever entry it comes from.
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    sourcemap: true,
    logLevel: 'warning',
  });
}

function buildDeclarations(): void {
  execFileSync('npx', ['tsc', '-p', 'scripts/tsconfig.package.json'], { cwd: root, stdio: 'inherit' });
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
await buildClients();
await buildElements(join(root, 'dist/elements'));
await buildCdk(join(root, 'dist/cdk'));
buildDeclarations();
