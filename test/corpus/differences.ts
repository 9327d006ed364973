import { isDeepStrictEqual } from 'node:util'
import { type Row, inWords } from '../matrix/differences.ts'
import { type CorpusCase, type CorpusDifference, type Form, LEVELS, type Reply } from './case.ts'

type Corpus = Readonly<Record<string, readonly CorpusCase[]>>

const FORMS: Readonly<Record<Form, string>> = { engine: 'engine', node: 'node:http', bun: 'Bun', deno: 'Deno' }

const INTRODUCTION = `The corpus holds each request, as bytes, against the clause of the RFC that says what it means. So many of them
have the promised status and leave the connection as promised, be it without a problem document:
`

/** Every difference of the corpus. */
export function corpusRows(corpus: Corpus): Row[] {
  return Object.entries(corpus).flatMap(([topic, list]) =>
    list.flatMap(({ name, clause, reply, then, differs = {} }) =>
      (Object.entries(differs) as [Form, CorpusDifference][]).map(([runtime, difference]) => ({
        runtime,
        topic: `${topic} (${clause})`,
        name,
        promised: sequence([reply, ...then].map(promisedInWords)),
        answered: answered(difference),
        why: difference.why,
      })),
    ),
  )
}

/** How much of the corpus holds, by who asks for it and by form. */
export function corpusTable(corpus: Corpus): string {
  const cases = Object.values(corpus).flat()
  const rows = LEVELS.map((level) => {
    const own = cases.filter((one) => one.level === level)
    const held = Object.keys(FORMS).map((form) => own.filter((one) => holds(one, form as Form)).length)
    return `| ${level} | ${[own.length, ...held].join(' | ')} |`
  })
  const names = ['Asked for by', 'Requests', ...Object.values(FORMS)]
  return [INTRODUCTION, `| ${names.join(' | ')} |`, `|---${'|--:'.repeat(names.length - 1)}|`, ...rows, ''].join('\n')
}

/** True where a form does what is asked for, though it may say so in another way. */
function holds({ reply, then, differs }: CorpusCase, form: Form): boolean {
  const difference = differs?.[form]
  if (difference === undefined) return true
  if (!('status' in difference)) return false
  const [promised, given] = [
    [reply, ...then],
    [difference, ...(difference.then ?? [])],
  ].map((list) =>
    (list as readonly Reply[]).map(({ status, closes = false, interim = [], headers, to, json, text }) => [
      ...[status, closes, interim, headers, to, json, text],
    ]),
  )
  return isDeepStrictEqual(given, promised)
}

function promisedInWords(reply: Reply): string {
  const other = reply.or === undefined ? '' : promisedInWords(reply.or)
  const words = inWords(reply)
  return other === '' || other === words ? words : `${words}; or ${other}`
}

function answered(difference: CorpusDifference): string {
  if ('silent' in difference) return 'nothing, stays'
  return sequence([difference, ...(difference.then ?? [])].map((one) => inWords(one)))
}

/** One after the other; the same ones once. */
function sequence(words: readonly string[]): string {
  const runs: { words: string; count: number }[] = []
  for (const one of words) {
    const last = runs.at(-1)
    if (last?.words === one) last.count++
    else runs.push({ words: one, count: 1 })
  }
  return runs.map(({ words: one, count }) => (count === 1 ? one : `${one} (${count} times)`)).join(', then ')
}
