import type { Random } from '../fuzz/random.ts'

/** Octet by octet, as far as that is quick. */
const MOST_SINGLE = 700

/** Where octets are cut: offsets, in order, none of them 0 or the end. */
export function cutsOf(text: string, random: Random): number[] {
  const { length } = text
  if (length < 2) return []
  const way = random.next()
  const cuts = new Set<number>()
  if (way < 0.08 && length <= MOST_SINGLE) return Array.from({ length: length - 1 }, (_, at) => at + 1)
  if (way < 0.5) for (let left = random.int(1, 5); left > 0; left--) cuts.add(random.int(1, length - 1))
  else if (way < 0.75) {
    // In and around the ends of lines, where readers keep what they are at.
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      if (random.chance(0.4)) cuts.add(at + random.int(-1, 1))
    }
  } else {
    const step = random.int(2, 60)
    for (let at = random.int(1, step); at < length; at += random.int(1, step)) cuts.add(at)
  }
  return [...cuts].filter((at) => at > 0 && at < length).toSorted((a, b) => a - b)
}

export function cut(octets: Buffer, cuts: readonly number[]): Buffer[] {
  return [0, ...cuts].map((from, index) => octets.subarray(from, cuts[index] ?? octets.length))
}
