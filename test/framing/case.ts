import type { Random } from '../fuzz/random.ts'
import { play } from './games.ts'
import { mutate } from './octets.ts'
import { type Draft, wellFormed } from './well-formed.ts'

/** What a connection brings: one request or several, pipelined. An octet a character. */
export function octetsOf(random: Random): string {
  const drafts: Draft[] = []
  const most = random.chance(0.4) ? 1 : 4
  for (let left = random.int(1, most); left > 0; left--) drafts.push(wellFormed(random))
  const way = random.next()
  if (way < 0.12) return drafts.map(written).join('')
  if (way < 0.8) for (let left = times(random); left > 0; left--) play(random.pick(drafts), random)
  let text = drafts.map(written).join('')
  if (way >= 0.55) for (let left = times(random); left > 0; left--) text = mutate(text, random)
  return text
}

/** Mostly one: what is wrong in two ways is refused for the first. */
function times(random: Random): number {
  return random.chance(0.65) ? 1 : random.int(2, 4)
}

function written({ line, fields, end, body }: Draft): string {
  return line + fields.join('') + end + body.join('')
}
