/** Acme's browser modules and styles, bundled by esbuild when Acme starts, and served from memory. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Hono } from 'hono';
import { iconFile } from './pages/icons.ts';

const pathOf = (name: string) => fileURLToPath(new URL(`browser/${name}`, import.meta.url));
const entries = ['prompt.ts', 'settings.ts', 'times.ts', 'tour.ts', 'demo-tools.ts', 'acme.css'];
const types: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Node's `--conditions`: inside the project the package is its source. */
function conditions(): string[] {
  const given = process.execArgv.flatMap((argument) => /^--conditions=(.+)$/.exec(argument)?.[1] ?? []);
  return ['production', ...given];
}

/** `GET /assets/...`: exactly the files of the bundle. */
export async function createAssets(): Promise<Hono> {
  const { outputFiles } = await build({
    entryPoints: entries.map(pathOf),
    outdir: 'assets',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    // The package's export conditions that this process was started with.
    conditions: conditions(),
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  files.set('icon.svg', Buffer.from(iconFile));
  const assets = new Hono();
  for (const [name, contents] of files) {
    const etag = `"${createHash('sha256').update(contents).digest('base64url').slice(0, 22)}"`;
    const headers = {
      'content-type': types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      'cache-control': 'no-cache',
      etag,
    };
    assets.get(`/assets/${name}`, (c) =>
      c.req.header('if-none-match') === etag
        ? c.body(null, 304, headers)
        : c.body(Buffer.from(contents), 200, headers),
    );
  }
  return assets;
}
