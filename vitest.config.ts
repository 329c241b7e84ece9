import { defineConfig } from 'vitest/config';

export default defineConfig({
  // `import 'countersign'` is the source itself.
  ssr: { resolve: { conditions: ['countersign-source', 'node'] } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // The SDK's word about the Node versions of 2027, once per file, would hide what a run says.
    env: {
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      POWERTOOLS_LOG_LEVEL: process.env.POWERTOOLS_LOG_LEVEL ?? 'SILENT',
    },
  },
});
