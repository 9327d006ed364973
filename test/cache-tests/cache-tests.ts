/**
 * `npm run cache-tests`: the suite of https://cache-tests.fyi, with `cached()` in front of its origin. What is found is
 * explained in decisions/022-what-cache-tests-find.md.
 *
 *     npm run cache-tests -- --only vary --all
 */
import { parseArgs } from 'node:util'
import { serve } from 'trestle/node'
import { originApi } from './origin.ts'
import { type CacheTest, type CacheTests, type Outcome, loadSuite } from './suite.ts'

const { values } = parseArgs({
  options: {
    /** Part of the name of a suite. */
    only: { type: 'string', default: '' },
    /** Also what went well. */
    all: { type: 'boolean', default: false },
  },
})

const suite = await loadSuite()
const suites = suite.suites.filter(({ id, name }) => `${id} ${name}`.includes(values.only))

/** `cached()` is told at start by which fields replies differ: one server for each list that tests have. */
const byVary = new Map<string, CacheTests[]>()
for (const one of suites) {
  for (const test of one.tests) {
    const vary = varyOf(test)
    byVary.set(vary, [...(byVary.get(vary) ?? []), { ...one, tests: [test] }])
  }
}

let results: Readonly<Record<string, Outcome>> = {}
for (const [vary, tests] of byVary) {
  const api = originApi(suite, vary === '' ? [] : vary.split(','))
  const options = {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    overload: false as const,
    report: () => {},
  }
  const server = await serve(api, options)
  results = await suite.run(tests, `http://127.0.0.1:${server.port}`)
  await server.stop()
}

const total = new Map<string, [passed: number, failed: number]>()
for (const { id, tests } of suites) {
  for (const test of tests) {
    const outcome = results[test.id]
    if (outcome === undefined) continue // for browsers alone
    const kind = test.kind ?? 'required'
    const counted = outcome !== true && outcome[0] === 'Setup' ? `${kind}, could not be asked` : kind
    const counts = total.get(counted) ?? [0, 0]
    total.set(counted, counts)
    counts[outcome === true ? 0 : 1]++
    if (outcome === true && !values.all) continue
    const said = outcome === true ? 'ok' : `${outcome[0]}: ${outcome[1]}`
    process.stdout.write(`${kind.padEnd(8)} ${id}/${test.id}: ${said}\n`)
  }
}
for (const [kind, [passed, failed]] of [...total].toSorted()) {
  process.stdout.write(`${kind}: ${passed} passed, ${failed} did not\n`)
}

/** The fields by which the origin of a test says that its replies differ. */
function varyOf({ requests }: CacheTest): string {
  const fields = requests.flatMap(({ response_headers = [] }) => response_headers)
  const names = fields.flatMap(([name, value]) => (name.toLowerCase() === 'vary' ? String(value).split(',') : []))
  const known = names.map((name) => name.trim().toLowerCase()).filter((name) => /^[a-z-]+$/.test(name))
  return [...new Set(known)].toSorted().join()
}
