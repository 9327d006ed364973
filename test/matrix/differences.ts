import { type Case, type Difference, RUNTIMES, type Runtime } from './case.ts'

const HEADINGS: Readonly<Record<Runtime, string>> = {
  engine: "Trestle's own engine (`serve`)",
  tls: "Trestle's own engine over TLS (`serve` with `tls`)",
  h2: 'HTTP/2 (`serve` with `tls`)',
  node: "node:http (`serve` with `engine: 'node'`)",
  bun: 'Bun (`toFetch`)',
  deno: 'Deno (`toFetch`)',
  memory: 'In memory (`toFetch` with `new Request`, the test client)',
}

const HEAD = `# How the runtimes differ

Trestle answers HTTP in one way, whatever it runs on. Where it does not, the runtime's own HTTP server
answers a request, mends it or hands it over changed before Trestle sees it. These are all the requests
of the test matrix (\`test/matrix\`) and of the corpus of raw bytes (\`test/corpus\`) for which that is so:
they check what is promised, and they check each difference. This page is written from their cases.
`

/** A request that a runtime answers in another way, in words. */
export interface Row {
  readonly runtime: Runtime
  readonly topic: string
  readonly name: string
  readonly promised: string
  readonly answered: string
  readonly why: string
}

/** Every difference of the matrix. */
export function matrixRows(cases: Readonly<Record<string, readonly Case[]>>): Row[] {
  return Object.entries(cases).flatMap(([topic, list]) =>
    list.flatMap(({ name, reply, differs = {} }) =>
      (Object.entries(differs) as [Runtime, Difference][]).map(([runtime, difference]) => {
        const [promised, answered] = [inWords(reply), inWords(difference)]
        return { runtime, topic, name, promised, answered, why: difference.why }
      }),
    ),
  )
}

/**
 * The page that lists every difference between runtimes.
 *
 * @param summary what stands before the lists.
 */
export function differencesPage(rows: readonly Row[], summary: string): string {
  const parts = [HEAD, summary]
  const byRuntime = Map.groupBy(rows, ({ runtime }) => runtime)
  for (const runtime of RUNTIMES) {
    const own = byRuntime.get(runtime)
    if (own === undefined) continue
    parts.push(`## ${HEADINGS[runtime]}\n`)
    for (const [why, group] of Map.groupBy(own, (row) => row.why)) {
      parts.push(`${why}\n`, '| Request | Promised | Answered |', '|---|---|---|', ...lines(group), '')
    }
  }
  return `${parts.join('\n').trimEnd()}\n`
}

/** Requests of one topic that come to the same share a line. */
function lines(rows: readonly Row[]): string[] {
  const alike = Map.groupBy(rows, ({ topic, promised, answered }) => [topic, promised, answered].join('\n'))
  return [...alike.values()].map((group) => {
    const [{ topic, promised, answered }] = group as [Row, ...Row[]]
    return `| ${topic}: ${group.map(({ name }) => name).join('; ')} | ${promised} | ${answered} |`
  })
}

/** `400 \`bad_request\`, closes` */
export function inWords(given: Case['reply'] | Difference): string {
  if ('closed' in given) return 'nothing, closes'
  if ('absent' in given) return 'cannot be asked'
  const { status, problem, interim, closes } = given
  const before = (interim ?? []).map((one) => `${one}, `).join('')
  return `${before}${status}${problem === undefined ? '' : ` \`${problem}\``}${closes ? ', closes' : ''}`
}
