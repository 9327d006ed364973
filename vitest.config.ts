import path from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Tests start some hundred processes, each on the same sources: a start takes half of the time where Node has compiled them.
process.env.NODE_COMPILE_CACHE ??= path.join(import.meta.dirname, 'node_modules', '.cache', 'trestle', 'compiled')

/** They take a minute each, much of it waiting. Begun last, they would keep one core busy, and the others not. */
const LONGEST = [
  'shop/serve',
  'browser/shop',
  'docs/examples',
  'browser/docs',
  'process/workers',
  'cli/db',
  'backends/faults',
]

/** Vitest knows how long files take where it has run them before; in a fresh clone it goes by their sizes. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      LONGEST.some((name) => moduleId.endsWith(`/test/${name}.test.ts`))
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

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
    // For the two cores of CI: half of its time a file waits, for a process to start or a server to give up.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // For a machine that is doing something else as well. A test that waits has a shorter limit of its own.
    testTimeout: 20_000,
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // What is loaded past vitest, in workers and forks, is to be the same sources.
    execArgv: ['--conditions=trestle-source'],
  },
})
