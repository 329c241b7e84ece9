/** `npm run build:web`: the elements and their stylesheet, for browsers, in `dist/elements`, and the hosted prompt's page. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Builds into `outDir`. `elements.js` registers all elements; `prompt.js`, `security.js` and `admin.js` one each, so that a
 * sign-in page loads no more than it shows. Languages other than English are chunks of their own.
 */
export async function buildElements(outDir: string): Promise<Metafile> {
  rmSync(outDir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { elements: 'web/elements.ts', prompt: 'web/prompt.ts' },
    outdir: outDir,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
    conditions: ['production'],
    minify: true,
    sourcemap: true,
    metafile: true,
    legalComments: 'linked',
    logLevel: 'warning',
  });
  cpSync(join(root, 'web/base/countersign.css'), join(outDir, 'countersign.css'));
  return metafile;
}

/** What a page loads for `entry` in English, compressed: the file itself and what it imports at once. */
export function gzipBytes(outDir: string, entry: string): number {
  const seen = new Set<string>();
  const visit = (file: string): number => {
    if (seen.has(file)) {
      return 0;
    }
    seen.add(file);
    const code = readFileSync(file, 'utf8');
    const imported = [...code.matchAll(/(?:from|import)\s*"(\.[^"]+)"/g)].map((found) =>
      join(dirname(file), found[1] as string),
    );
    return gzipSync(code, { level: 9 }).length + imported.reduce((sum, next) => sum + visit(next), 0);
  };
  return visit(join(outDir, entry));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outDir = join(root, 'dist/elements');
  await buildElements(outDir);
  for (const entry of ['prompt.js', 'elements.js']) {
    console.log(
      `${relative(root, join(outDir, entry))}: ${(gzipBytes(outDir, entry) / 1024).toFixed(1)} KB gzip`,
    );
  }
}
