/** The tests that meet the functions in one process, for `npm run mutation`: no browser, no service, no stack. */
import { defineConfig } from 'vitest/config';

const folders = (
  process.env.MUTATION_TESTS ?? 'test/core test/edge test/flows test/threats test/contract'
).split(' ');

export default defineConfig({
  ssr: { resolve: { conditions: ['countersign-source', 'node'] } },
  test: {
    include: folders.map((each) => (each.endsWith('.ts') ? each : `${each}/**/*.test.ts`)),
    testTimeout: 60_000,
    pool: 'threads',
    isolate: false,
    setupFiles: 'test/support/each-file.ts',
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', POWERTOOLS_LOG_LEVEL: 'SILENT' },
  },
});
