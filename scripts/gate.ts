/**
 * The gate: every check of the project, in order, each counted.
 *
 *     node scripts/gate.ts                        all of them
 *     node scripts/gate.ts types lint             those named
 *     node scripts/gate.ts test/url.test.ts       the tests of files whose path contains that
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build } from './build.ts'
import { browserPath, findBrowser } from './browser.ts'
import { findRedis, redisPath } from './redis.ts'
import { checkLockfile } from './lockfile.ts'
import { checkPackage } from './packed.ts'
import { scratch } from './places.ts'
import { checkTracked } from './tracked.ts'
import { type Outcome, endOnSignals, run } from './run.ts'
import { checkTypes } from './types.ts'
import { type Counts, runTests } from './vitest.ts'

const checks: Readonly<Record<string, () => Promise<Outcome>>> = {
  build,
  types: checkTypes,
  lint: () => run('biome', ['check', '--error-on-warnings', '--max-diagnostics=50'], { seconds: 120 }),
  lockfile: checkLockfile,
  tracked: checkTracked,
  package: checkPackage,
  browser: findBrowser,
  redis: findRedis,
}

const TESTS = 'tests'
/** Where the counts of a run are left for whoever reports them. */
const counted = path.join(scratch, 'counts')

endOnSignals()
rmSync(counted, { force: true })

const asked = process.argv.slice(2)
const known = [...Object.keys(checks), TESTS]
const filters = asked.filter((word) => !known.includes(word))
const named = asked.filter((word) => known.includes(word))
if (filters.length > 0 && named.length === 0) named.push(TESTS)
const wanted = named.length > 0 ? known.filter((name) => named.includes(name)) : known

// Set also when the check that sees to a browser is not among those asked for.
const browser = browserPath()
if (browser !== undefined) process.env.CHROMIUM = browser
const redis = redisPath()
if (redis !== undefined) process.env.REDIS_SERVER = redis

let passed = 0
let failed = 0
const broken: string[] = []
for (const name of wanted) {
  const from = performance.now()
  const counts = name === TESTS ? await runTests(filters) : await count(name)
  passed += counts.passed
  failed += counts.failed
  if (counts.failed > 0) broken.push(name)
  const seconds = ((performance.now() - from) / 1000).toFixed(1)
  process.stdout.write(`${counts.failed > 0 ? '✗' : '✓'} ${name} ${seconds} s\n`)
}

const line = `${passed} passed, ${failed} failed`
mkdirSync(scratch, { recursive: true })
writeFileSync(counted, `${line}\n`)
if (broken.length > 0) process.stdout.write(`\nfailed: ${broken.join(', ')}\n`)
process.stdout.write(`${line}\n`)
process.exit(failed > 0 ? 1 : 0)

async function count(name: string): Promise<Counts> {
  const { ok, output } = await outcomeOf(name)
  if (!ok) process.stdout.write(`\n${output.trimEnd()}\n`)
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

async function outcomeOf(name: string): Promise<Outcome> {
  try {
    return (await checks[name]?.()) ?? { ok: false, output: `there is no check "${name}"` }
  } catch (error) {
    // A check that breaks must not keep the others from being run and counted.
    return { ok: false, output: String(error instanceof Error ? error.stack : error) }
  }
}
