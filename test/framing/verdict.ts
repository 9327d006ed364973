import { NODE_METHODS } from './node-parser.ts'
import type { Reading, Taken } from './reading.ts'

/** How two readings of the same octets compare. */
export type Verdict =
  /** Both came to the same, or the one that has to be the stricter is. */
  | { readonly is: 'agreed'; readonly both: number; readonly end: End; readonly why: string }
  /** The other refuses what this one took, or frames it in another way. */
  | { readonly is: 'disagreement'; readonly what: string }

/** How a connection ends on which the readers agreed that far. */
export type End =
  /** Everything that came was taken, or more has to come. */
  | 'taken'
  /** Neither took what came next. */
  | 'refused'
  /** The engine did not take what came next; node did. */
  | 'node only'
  /** What they do next is known to differ, and allowed. */
  | 'apart'

/**
 * Holds what the engine made of octets against what node's parser made of them.
 *
 * What the engine takes, head and body, node takes with the same framing. Where it does not, these are allowed:
 * - a method that node does not know: the engine hands any to the pipeline, which answers 501;
 * - a target that the pipeline refuses with 400, as node's parser does by itself;
 * - what follows CONNECT: node stops there, the engine closes;
 * - a tab after a transfer coding, which is white space around a value (RFC 9112 §5.1): node takes it for part of it;
 * - a trailer section that is not whole: node refuses a length or a coding in it at once, the engine at its end;
 * - Connection in a trailer section, which says nothing there (RFC 9110 §6.5.1): node obeys it.
 */
export function compare(engine: Reading, node: Reading, text: string): Verdict {
  let both = 0
  const agreed = (end: End, why: string): Verdict => ({ is: 'agreed', both, end, why })
  const disagreement = (what: string): Verdict => ({ is: 'disagreement', what })
  if (engine.ending.is === 'broken') return disagreement(`the engine broke: ${engine.ending.why}`)
  if (node.ending.is === 'broken') return disagreement(`node's parser broke: ${node.ending.why}`)
  for (const [index, one] of engine.requests.entries()) {
    const other = node.requests[index]
    if (other === undefined) {
      const { is, why } = node.ending
      if (!NODE_METHODS.has(one.method)) return agreed('apart', 'a method that node does not know')
      if (is === 'closed' && node.requests[index - 1]?.trailer.includes('connection') === true) {
        return agreed('apart', 'Connection in a trailer section')
      }
      if (why === 'HPE_INVALID_URL' && one.refused !== undefined)
        return agreed('apart', `for the pipeline: ${one.refused}`)
      return disagreement(`the engine takes request ${index}, node ${is} ${why}`)
    }
    if (hasCodingWithTab(one, text)) return agreed('apart', 'a tab after a transfer coding')
    const difference = differenceOf(one, other)
    if (difference !== undefined) return disagreement(`request ${index} differs in ${difference}`)
    if (one.whole === true) both++
    else if (one.whole === false && engine.ending.is === 'waits') {
      if (other.whole === true) return disagreement(`the engine waits for more of request ${index}, node has all of it`)
      if (node.ending.is !== 'waits' && !isInTrailer(one, node.ending.why)) {
        return disagreement(`the engine waits for more of request ${index}, node ${node.ending.is} ${node.ending.why}`)
      }
    }
    if (one.method === 'CONNECT') return agreed('apart', 'what follows CONNECT')
  }
  return endOf(engine, node, agreed, disagreement)
}

function endOf(
  engine: Reading,
  node: Reading,
  agreed: (end: End, why: string) => Verdict,
  disagreement: (what: string) => Verdict,
): Verdict {
  const { is, why } = engine.ending
  const wholeHere = engine.requests.findLastIndex((one) => one.whole !== false) + 1
  const wholeThere = node.requests.findLastIndex((one) => one.whole === true) + 1
  if (is === 'waits') {
    if (node.requests.length > engine.requests.length) return disagreement('the engine waits for a head that node has')
    return node.ending.is === 'waits'
      ? agreed('taken', 'all')
      : agreed('refused', `not whole yet, node: ${node.ending.why}`)
  }
  if (wholeThere > wholeHere) return agreed('node only', is === 'closed' ? 'after the end of the connection' : why)
  if (is === 'closed') return agreed('taken', 'closed')
  if (node.ending.is === 'waits') return agreed('node only', `so far: ${why}`)
  return agreed('refused', why)
}

function differenceOf(one: Taken, other: Taken): string | undefined {
  if (one.method !== other.method) return `its method: ${told(one.method)}, ${told(other.method)}`
  if (one.target !== other.target) return `its target: ${told(one.target)}, ${told(other.target)}`
  if (one.minor !== undefined && one.minor !== other.minor) return `its version: 1.${one.minor}, 1.${other.minor}`
  if (!sameFields(one.fields, other.fields)) return `its fields: ${told(one.fields)}, ${told(other.fields)}`
  if (one.goesOn === true && other.goesOn === false) return 'what becomes of the connection: it goes on, it ends'
  if (one.whole !== true) return undefined
  if (other.whole !== true) return `the end of its body: ${told(one.body)}, ${told(other.body)} and more to come`
  if (one.body !== undefined && one.body !== other.body && one.body !== withoutMark(other.body)) {
    return `its body: ${told(one.body)}, ${told(other.body)}`
  }
  if (one.piece !== undefined && other.piece !== undefined && one.piece !== other.piece) {
    return `where it ends: in piece ${one.piece}, in piece ${other.piece}`
  }
  return undefined
}

/** Node refuses fields of framing in a trailer section as they come, the engine when it has all of the section. */
function isInTrailer({ fields }: Taken, why: string): boolean {
  const isOfFraming = why === 'HPE_INVALID_CONTENT_LENGTH' || why === 'HPE_INVALID_TRANSFER_ENCODING'
  // With this coding, and no length beside it, it cannot have been the header section.
  return (
    isOfFraming && fields.some(([name, value]) => name === 'transfer-encoding' && value.toLowerCase() === 'chunked')
  )
}

function hasCodingWithTab({ fields }: Taken, text: string): boolean {
  return text.includes('\t') && fields.some(([name]) => name === 'transfer-encoding') && CODING_WITH_TAB.test(text)
}

const CODING_WITH_TAB = /\ntransfer-encoding:[^\r\n]*\t *\r\n/i

function sameFields(some: Taken['fields'], others: Taken['fields']): boolean {
  if (some.length !== others.length) return false
  return some.every(([name, value], index) => name === others[index]?.[0] && value === others[index]?.[1])
}

/** A body read as text has lost its byte order mark. */
function withoutMark(body: string | undefined): string | undefined {
  return body?.startsWith('\xef\xbb\xbf') ? body.slice(3) : body
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

/** What differs between two readings of the same octets by the same reader, cut in two ways. */
export function compareCuts(whole: Reading, cut: Reading): string | undefined {
  if (cut.requests.some((one) => one.whole === undefined)) return undefined
  const taken = (reading: Reading): Taken[] => reading.requests.filter((one) => one.whole === true)
  const [some, others] = [taken(whole), taken(cut)]
  if (some.length !== others.length) return `in one piece ${some.length} requests are taken, cut ${others.length}`
  for (const [index, one] of some.entries()) {
    const difference = differenceOf({ ...one, piece: undefined }, others[index] as Taken)
    if (difference !== undefined) return `in one piece and cut, request ${index} differs in ${difference}`
  }
  const [here, there] = [whole.ending, cut.ending]
  if (here.is !== there.is || here.why !== there.why) {
    return `in one piece it ${here.is} ${here.why}, cut it ${there.is} ${there.why}`
  }
  // Whether 100 is sent depends on whether the body has come by then.
  const [answered, answeredCut] = [whole, cut].map(({ replies }) => replies.replaceAll(CONTINUE, ''))
  if (answered !== answeredCut) return `in one piece it answers ${told(answered)}, cut ${told(answeredCut)}`
  return undefined
}

function told(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
