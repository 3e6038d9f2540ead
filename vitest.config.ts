import { defineConfig } from 'vitest/config';

/**
 * One configuration for all tests. They run on the Node 24 that the lock file brings (scripts/run.mjs sees to
 * it), directly from the TypeScript sources; only test/e2e and test/cli use the built bundles in out/.
 * Two forks at most: the reference machine has two cores, and the tests that measure start threads of their own.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    exclude: ['test/benchmarks/**', 'node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    // how long something takes is no finding: these limits only end what would never come (on a machine that is busy
    // with ten other things a step may take a minute)
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000, interval: 50 } },
  },
});
