import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What meets the functions in the test's own process. */
const inProcess = ['core', 'edge', 'adapters', 'contract', 'flows', 'threats'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

/** What touches secrets and tokens: it runs once for each key custody. */
const custodies = [
  'flows/sign-in',
  'flows/start-authenticator',
  'flows/confirm-authenticator',
  'threats/enrolment',
  'threats/evidence',
  'threats/verify',
  'operator/restore/restore',
].map((file) => `test/${file}.test.ts`);

/** What starts the whole service, and often a browser beside it: one file at a time, so that they have the machine to themselves. */
const pages = ['web', 'browser', 'package', 'examples', 'client'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  // `import 'countersign'` is the source itself.
  ssr: { resolve: { conditions: ['countersign-source', 'node'] } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Vitest leaves one core to itself, which is half of a machine with two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // The SDK's word about the Node versions of 2027, once per file, would hide what a run says.
    env: {
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      POWERTOOLS_LOG_LEVEL: process.env.POWERTOOLS_LOG_LEVEL ?? 'SILENT',
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'functions',
          include: [...inProcess, 'test/openapi.test.ts'],
          // To load the SDK takes longer than most files: a worker goes on to the next file, see each-file.ts.
          isolate: false,
          setupFiles: 'test/support/each-file.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'cached',
          // The fixture's deployment has the other key custody.
          env: { KEY_CUSTODY: 'cached' },
          include: custodies,
          isolate: false,
          setupFiles: 'test/support/each-file.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'product',
          include: ['test/**/*.test.ts'],
          exclude: [...inProcess, ...pages, 'test/openapi.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          include: pages,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          // A browser that was starved once gets another try.
          retry: 1,
        },
      },
    ],
  },
});
