import { type Member, startMember } from './member.ts'
import type { Place } from './place.ts'

const MEMBERS = 4
const AT_ONCE = 200

/** What came of rounds of equal requests, all at once, to several processes. */
export interface Crowd {
  readonly rounds: number
  /** Replies by their status, replays apart: `201`, `201 again`, `409`. */
  readonly replies: Readonly<Record<string, number>>
  readonly faults: readonly string[]
  /** Milliseconds of the longest round. */
  readonly longest: number
}

export async function crowd(place: Place, rounds: number): Promise<Crowd> {
  const members = await Promise.all(Array.from({ length: MEMBERS }, () => startMember(place)))
  const replies: Record<string, number> = {}
  const faults: string[] = []
  let longest = 0
  for (let i = 0; i < rounds; i++) {
    const round = crypto.randomUUID()
    const since = performance.now()
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) => (members[index % MEMBERS] as Member).order(round)),
    )
    longest = Math.max(longest, performance.now() - since)
    const after = await Promise.all(members.map((member) => member.order(round)))
    const bodies = new Set<string>()
    for (const { status, isReplay, text } of [...answers, ...after]) {
      const kind = `${status}${isReplay ? ' again' : ''}`
      replies[kind] = (replies[kind] ?? 0) + 1
      if (status === 201) bodies.add(text)
      else if (status !== 409) faults.push(`${status} ${text}`)
    }
    if (after.some(({ status, isReplay }) => status !== 201 || !isReplay)) faults.push('no replay afterwards')
    if (bodies.size !== 1) faults.push(`${bodies.size} replies`)
    const effects = await place.effects(round)
    if (effects !== 1) faults.push(`${effects} effects`)
  }
  for (const member of members) await member.stop()
  return { rounds, replies, faults, longest }
}
