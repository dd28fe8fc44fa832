import { defineConfig } from 'vitest/config'

/** Tests run on the sources (`source` export condition); processes that they spawn run the built dist/. */
const conditions = ['source', 'node', 'import', 'default']
/** A loaded machine is slow, and that is no finding of a test: what hangs is told by these as well. */
const patience = { expect: { poll: { timeout: 30_000 } }, testTimeout: 180_000, hookTimeout: 180_000 }
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } }

export default defineConfig({
  ...shared,
  test: {
    // Most of the time goes by in waiting for processes: more files at once than cores.
    maxWorkers: 3,
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          exclude: ['**/*.real.test.ts', '**/node_modules/**', '**/dist/**'],
          ...patience,
        },
      },
      {
        ...shared,
        test: {
          name: 'real',
          include: [
            'packages/*/src/**/*.real.test.ts',
            'apps/*/src/**/*.real.test.ts',
            'test/{e2e,chaos,contract}/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/dist/**'],
          // Node 20 is supported here as long as this project says so; the SDK's notice is not a finding of a test.
          env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
          globalSetup: ['test/services/global-setup.ts'],
          ...patience,
        },
      },
    ],
  },
})
