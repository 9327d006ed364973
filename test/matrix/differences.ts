import { type Case, type Difference, RUNTIMES, type Runtime } from './case.ts'

const HEADINGS: Readonly<Record<Runtime, string>> = {
  engine: "Trestle's own engine (`serve`)",
  node: "node:http (`serve` with `engine: 'node'`)",
  bun: 'Bun (`toFetch`)',
  deno: 'Deno (`toFetch`)',
  memory: 'In memory (`toFetch` with `new Request`, the test client)',
}

const HEAD = `# How the runtimes differ

Trestle answers HTTP in one way, whatever it runs on. Where it does not, the runtime's own HTTP server
answers a request, mends it or hands it over changed before Trestle sees it. These are all the requests
of the test matrix (\`test/matrix\`) for which that is so: it checks what is promised, and it checks
each difference. This page is written from its cases.
`

interface Row {
  readonly topic: string
  readonly one: Case
  readonly difference: Difference
}

/** The page that lists every difference between runtimes, made of the cases. */
export function differencesPage(cases: Readonly<Record<string, readonly Case[]>>): string {
  const rows = Object.entries(cases).flatMap(([topic, list]) => list.map((one) => ({ topic, one })))
  const parts = [HEAD]
  for (const runtime of RUNTIMES) {
    const own = rows.flatMap(({ topic, one }): Row[] => {
      const difference = one.differs?.[runtime]
      return difference === undefined ? [] : [{ topic, one, difference }]
    })
    if (own.length === 0) continue
    parts.push(`## ${HEADINGS[runtime]}\n`)
    for (const [why, group] of Map.groupBy(own, ({ difference }) => difference.why)) {
      parts.push(`${why}\n`, '| Request | Promised | Answered |', '|---|---|---|', ...group.map(line), '')
    }
  }
  return `${parts.join('\n').trimEnd()}\n`
}

function line({ topic, one, difference }: Row): string {
  return `| ${topic}: ${one.name} | ${words(one.reply)} | ${words(difference)} |`
}

function words(given: Case['reply'] | Difference): string {
  if ('closed' in given) return 'nothing, closes'
  if ('absent' in given) return 'cannot be asked'
  const { status, problem, interim, closes } = given
  const before = (interim ?? []).map((one) => `${one}, `).join('')
  return `${before}${status}${problem === undefined ? '' : ` \`${problem}\``}${closes ? ', closes' : ''}`
}
