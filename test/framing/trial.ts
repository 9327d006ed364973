import type { Random } from '../fuzz/random.ts'
import { octetsOf } from './case.ts'
import { cut, cutsOf } from './cuts.ts'
import type { NodeParser } from './node-parser.ts'
import { type Delivery, type Reader, USES, type Use } from './reading.ts'
import { type Verdict, compare, compareCuts } from './verdict.ts'

/** Octets of a connection, how they are cut, and what is done with the requests. */
export interface Trial {
  /** An octet a character. */
  readonly text: string
  readonly cuts: readonly number[]
  readonly slow: boolean
  readonly use: Use
  readonly streamed: boolean
}

export function trialOf(random: Random): Trial {
  const text = octetsOf(random)
  const cuts = cutsOf(text, random)
  const use = random.chance(0.5) ? 'bytes' : random.pick(USES)
  return { text, cuts, slow: cuts.length + 1 === text.length || random.chance(0.5), use, streamed: random.chance(0.25) }
}

/** Has both read it, in one piece and cut. */
export async function tryOut(
  { text, cuts, slow, use, streamed }: Trial,
  reader: Reader,
  node: NodeParser,
): Promise<Verdict> {
  const octets = Buffer.from(text, 'latin1')
  // A body that nobody reads shows no fault: in one piece, it is read.
  const whole: Delivery = { pieces: [octets], slow: false, use: use === 'nothing' ? 'bytes' : use, streamed }
  const read = await reader(whole)
  const verdict = compare(read, node.read(whole), text)
  if (verdict.is === 'disagreement' || cuts.length === 0) return verdict
  const pieces: Delivery = { pieces: cut(octets, cuts), slow, use, streamed }
  const readCut = await reader(pieces)
  const inPieces = compare(readCut, node.read(pieces), text)
  if (inPieces.is === 'disagreement') return { ...inPieces, what: `cut, ${inPieces.what}` }
  const fault = compareCuts(read, readCut)
  return fault === undefined ? verdict : { is: 'disagreement', what: fault }
}
