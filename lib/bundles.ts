/**
 * The functions' code: every flow becomes one minified CommonJS file with all that it needs, the SDK included. An adapter
 * that is imported when it is needed becomes a file beside it, which costs a cold start nothing.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { background, routes } from '../lambdas/routes.ts';
import { buildPromptPage } from '../scripts/build-web.ts';
import { leanRoutes } from './lean-routes.ts';
import { mailCatalogues } from './mail-catalogues.ts';

const flowsDir = fileURLToPath(new URL('../lambdas/flows', import.meta.url));
const adaptersDir = fileURLToPath(new URL('../lambdas/adapters', import.meta.url));

/** Parts of the SDK that a function carries along and never reaches, and the little that stands in for each. */
const unreached: { module: RegExp; standIn: string }[] = [
  {
    // Lambda gives a function its credentials by the environment: no SSO, profiles, processes or instance metadata.
    module: /^@aws-sdk\/credential-provider-node$/,
    standIn: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
  },
  // Loaded only by operations that stream events. We call none.
  { module: /^@smithy\/core\/event-streams$/, standIn: 'export {};' },
  // Each is made when its module is loaded, and holds its whole client. We use none, and a use would fail the build.
  { module: /^\.\/\w+Paginator$/, standIn: 'export {};' },
  // The texts of the mails come parsed.
  {
    module: /^@formatjs\/icu-messageformat-parser$/,
    standIn: "export * from '@formatjs/icu-messageformat-parser/no-parser.js';",
  },
  // For a Node whose crypto lacks SHA-256.
  { module: /\/Sha256Js$/, standIn: 'export class Sha256Js {}' },
  // Written to only where endpoint discovery is switched on. It brings a library of caches.
  { module: /^@aws-sdk\/endpoint-cache$/, standIn: 'export class EndpointCache {}' },
];

/**
 * The errors of AWS that the adapters tell apart. A client describes a hundred more, each with a class and a schema; one
 * that it does not know arrives all the same, as the service's general error under its own name.
 */
export const distinguishedErrors = [
  'ConditionalCheckFailedException',
  'IncorrectKeyException',
  'InvalidCiphertextException',
];
const registration = /^n0_registry\.registerError\(\w+\$, (\w+)\);$/gm;
const clientPackage = /client-[a-z0-9-]+[\\/]package\.json$/;
const clientErrors = /client-[a-z0-9-]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/;

/** Everything that has to happen at least once when all flows are built; an SDK release may move any of it. */
const edits = [
  ...unreached.map(({ module }) => String(module)),
  String(clientPackage),
  ...['left out', ...distinguishedErrors].map((error) => `${registration} ${error}`),
];

/** Leaves out what is never reached, and adds each of `edits` that it makes to `made`. */
const leaveOutUnreached = (made: Set<string>): Plugin => ({
  name: 'leave-out-unreached',
  setup({ onResolve, onLoad }) {
    unreached.forEach(({ module, standIn }, n) => {
      const namespace = `unreached-${n}`;
      onResolve({ filter: module }, ({ path, resolveDir }) => ({ path, namespace, pluginData: resolveDir }));
      onLoad({ filter: /.*/, namespace }, ({ pluginData }) => {
        made.add(String(module));
        return { contents: standIn, resolveDir: pluginData };
      });
    });
    // Each client reads its own version from its package.json, and would bring the rest of it.
    onLoad({ filter: clientPackage }, ({ path }) => {
      made.add(String(clientPackage));
      const { version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
    onLoad({ filter: clientErrors }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(registration, (line, error) => {
        const isKept = distinguishedErrors.includes(error);
        made.add(`${registration} ${isKept ? error : 'left out'}`);
        return isKept ? line : '';
      }),
    }));
  },
});

/** `import('.../assertions.ts')` becomes `import('./assertions.cjs')`. */
const chunks: Plugin = {
  name: 'chunks',
  setup({ onResolve }) {
    onResolve({ filter: /\/adapters\/[\w-]+\.ts$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.cjs`, external: true } : undefined,
    );
  },
};

/** Builds every chunk that one of the outputs imports, once, and lays it beside each of them. */
async function addChunks(outDir: string, { outputs }: Metafile, options: BuildOptions): Promise<void> {
  const wanted = Object.entries(outputs).flatMap(([output, { imports }]) =>
    imports
      .filter(({ kind, path }) => kind === 'dynamic-import' && path.startsWith('./'))
      .map(({ path }) => ({ folder: dirname(output), file: basename(path) })),
  );
  const files = [...new Set(wanted.map(({ file }) => file))];
  const built = join(outDir, '.chunks');
  await build({
    ...options,
    entryPoints: files.map((file) => join(adaptersDir, `${basename(file, '.cjs')}.ts`)),
    outdir: built,
  });
  for (const { folder, file } of wanted) {
    copyFileSync(join(built, file), join(folder, file));
  }
  rmSync(built, { recursive: true, force: true });
}

type Options = {
  /** The flows to build and where their sources are; every flow of the routes table by default. */
  flows?: readonly string[];
  sourceDir?: string;
  /** A folder of mail texts that replace the built-in ones. */
  mailsDir?: string | undefined;
  /** Whether each edit of the SDK's code must have found its place. True where no flow is left out. */
  everyEdit?: boolean;
};

/**
 * Writes `<outDir>/<flow>/index.cjs` for every flow and background task, and tells what went into each.
 * Throws an error that names the sources that are missing, or the edits of the SDK's code that found nothing to edit.
 */
export async function bundle(outDir: string, given: Options = {}): Promise<Metafile> {
  const flows = given.flows ?? [...Object.keys(routes), ...Object.keys(background)];
  const sources = flows.map((flow) => join(given.sourceDir ?? flowsDir, `${flow}.ts`));
  const missing = sources.filter((source) => !existsSync(source));
  if (missing.length > 0) throw new Error(`These flows have no source:\n${missing.join('\n')}`);

  const made = new Set<string>();
  const options = {
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    treeShaking: true,
    legalComments: 'none',
    // The functions are CommonJS, where a module knows its folder by another name.
    define: { 'import.meta.dirname': '__dirname' },
    plugins: [leanRoutes, leaveOutUnreached(made), mailCatalogues(given.mailsDir), chunks],
    metafile: true,
    logLevel: 'error',
  } as const satisfies BuildOptions;
  const { metafile } = await build({
    ...options,
    entryPoints: flows.map((flow, n) => ({ in: sources[n] as string, out: `${flow}/index` })),
    outdir: outDir,
  });
  await addChunks(outDir, metafile, options);
  const { everyEdit = given.flows === undefined } = given;
  const missed = edits.filter((edit) => !made.has(edit));
  if (everyEdit && missed.length > 0) {
    throw new Error(
      `The SDK has changed: these edits in lib/bundles.ts found nothing:\n${missed.join('\n')}`,
    );
  }
  return metafile;
}

/**
 * Writes `<outDir>/<flow>/index.cjs` for every flow of the routes table and every background task, with the mail texts of
 * the stage that they are for. Tells what went into each.
 */
export async function buildBundles(
  outDir: string,
  stage: { mailsDir?: string | undefined },
): Promise<Metafile> {
  const metafile = await bundle(outDir, { mailsDir: stage.mailsDir });
  await addPromptPage(outDir);
  return metafile;
}

/** The hosted prompt's document and its files, each beside the function that answers with it. */
async function addPromptPage(outDir: string): Promise<void> {
  const built = join(outDir, 'page');
  await buildPromptPage(built);
  mkdirSync(join(outDir, 'prompt', 'page'), { recursive: true });
  renameSync(join(built, 'index.html'), join(outDir, 'prompt', 'page', 'index.html'));
  renameSync(join(built, 'assets'), join(outDir, 'prompt-asset', 'page'));
  rmSync(built, { recursive: true });
}
