import type { Random } from '../fuzz/random.ts'
import { play } from './games.ts'
import { mutate } from './octets.ts'
import { type Draft, wellFormed } from './well-formed.ts'

/** What a connection brings: one request or several, pipelined. An octet a character. */
export function octetsOf(random: Random): string {
  const drafts: Draft[] = []
  const most = random.chance(0.4) ? 1 : 4
  for (let left = random.int(1, most); left > 0; left--) drafts.push(next(drafts.at(-1), random))
  const way = random.next()
  if (way < 0.12) return drafts.map(written).join('')
  if (way < 0.8) for (let left = times(random); left > 0; left--) play(random.pick(drafts), random)
  let text = drafts.map(written).join('')
  if (way >= 0.55) for (let left = times(random); left > 0; left--) text = mutate(text, random)
  return text
}

/** Callers send nearly the same fields with each request, and a reader may go by that: the line is another, of any version. */
function next(before: Draft | undefined, random: Random): Draft {
  if (before === undefined || random.chance(0.5)) return wellFormed(random)
  return { ...before, line: wellFormed(random).line, fields: [...before.fields], body: [...before.body] }
}

/** Mostly one: what is wrong in two ways is refused for the first. */
function times(random: Random): number {
  return random.chance(0.65) ? 1 : random.int(2, 4)
}

function written({ line, fields, end, body }: Draft): string {
  return line + fields.join('') + end + body.join('')
}
