/** `npm run build:web`: the elements and their stylesheet, for browsers, in `dist/elements`, and the hosted prompt's page. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const shared = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
  conditions: ['production'],
  minify: true,
  metafile: true,
  legalComments: 'linked',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * Builds into `outDir`. `elements.js` registers all elements; `prompt.js`, `security.js` and `admin.js` one each, so that a
 * sign-in page loads no more than it shows. Languages other than English are chunks of their own.
 */
export async function buildElements(outDir: string): Promise<Metafile> {
  rmSync(outDir, { recursive: true, force: true });
  const { metafile } = await build({
    ...shared,
    entryPoints: {
      elements: 'web/elements.ts',
      prompt: 'web/prompt.ts',
      security: 'web/security.ts',
      admin: 'web/admin.ts',
    },
    outdir: outDir,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
  });
  cpSync(join(root, 'web/base/countersign.css'), join(outDir, 'countersign.css'));
  return metafile;
}

/** Builds the hosted prompt's page into `outDir`: `index.html`, and files under `assets/` named by their content. */
export async function buildPromptPage(outDir: string): Promise<void> {
  rmSync(outDir, { recursive: true, force: true });
  const page = 'web/prompt-page';
  const { metafile } = await build({
    ...shared,
    entryPoints: [`${page}/page.ts`, `${page}/page.css`, `${page}/icon.svg`],
    outdir: join(outDir, 'assets'),
    entryNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    sourcemap: false,
  });
  const built = (source: string) => {
    const [file] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source) ?? [];
    return relative(outDir, join(root, file as string));
  };
  const html = readFileSync(join(root, page, 'index.html'), 'utf8')
    .replace('%icon%', built(`${page}/icon.svg`))
    .replace('%style%', built(`${page}/page.css`))
    .replace('%script%', built(`${page}/page.ts`));
  writeFileSync(join(outDir, 'index.html'), html);
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
  await buildPromptPage(join(root, 'dist/prompt'));
  for (const entry of ['prompt.js', 'security.js', 'admin.js', 'elements.js']) {
    console.log(
      `${relative(root, join(outDir, entry))}: ${(gzipBytes(outDir, entry) / 1024).toFixed(1)} KB gzip`,
    );
  }
}
