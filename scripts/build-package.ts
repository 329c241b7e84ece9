/** `npm run build`: all that the npm package holds, in `dist/`. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { buildCdk } from './build-cdk.ts';
import { buildElements } from './build-web.ts';
import { billOf, bundled, installed, noticesOf } from './release/materials.ts';

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
  const folder = join(root, 'dist/web/catalogues');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.d.ts'))) {
    const declaration = readFileSync(join(folder, name), 'utf8');
    writeFileSync(join(folder, name), declaration.replace(/^import en from '(.+)';$/m, declaredTexts));
  }
}

/** The bill of materials, and the licences of what is bundled. */
function writeMaterials(metafiles: Metafile[]): void {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const inside = bundled(root, metafiles);
  const bill = billOf(version, [...inside, ...installed(root)]);
  writeFileSync(join(root, 'dist/sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
  writeFileSync(join(root, 'dist/THIRD-PARTY-NOTICES.txt'), noticesOf(root, inside));
}

/** The type of a catalogue in place of its import: a declaration that imports JSON does not resolve for everybody. */
function declaredTexts(_import: string, path: string): string {
  const texts = JSON.parse(readFileSync(join(root, 'web/catalogues', path), 'utf8'));
  return `declare const en: ${typeOf(texts)};`;
}

const typeOf = (value: object | string): string =>
  typeof value === 'string'
    ? 'string'
    : `{ ${Object.entries(value)
        .map(([key, inner]) => `${JSON.stringify(key)}: ${typeOf(inner)}`)
        .join('; ')} }`;

rmSync(join(root, 'dist'), { recursive: true, force: true });
await buildClients();
const elements = await buildElements(join(root, 'dist/elements'));
execFileSync('npm', ['run', '--silent', 'manifest'], { cwd: root, stdio: 'inherit' });
const bundles = await buildCdk(join(root, 'dist/cdk'));
buildDeclarations();
writeMaterials([elements, ...bundles]);
