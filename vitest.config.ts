import { defineConfig } from 'vitest/config'

// Sources, not dist: `trestle` is a link to this folder, and this condition of "exports" names src.
const conditions = ['trestle-source', 'module', 'node', 'development|production']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['trestle-source', 'node'] } },
  test: {
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/fixtures/**'],
    // Processes, because tests change into folders, take signals and measure memory.
    pool: 'forks',
    maxWorkers: 2,
    // For a machine that is doing something else as well. A test that waits has a shorter limit of its own.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // What is loaded past vitest, in workers and forks, is to be the same sources.
    execArgv: ['--conditions=trestle-source'],
  },
})
