import { type Answer, type Member, startMember } from './member.ts'
import type { Place } from './place.ts'
import type { Step } from './steps.ts'

/** What became of a request whose process was killed over it, and of who sent it again. */
export interface Killed {
  readonly step: Step
  /** What its first caller got, where anything. */
  readonly first: Answer
  /** What came of sending it again until that was settled, to another process. */
  readonly last: Answer
  /** Milliseconds until it was. */
  readonly settled: number
  readonly effects: number
  readonly faults: readonly string[]
}

/** Milliseconds in which it has to be settled: after a lease of a second where there is one. */
const PATIENCE = 10_000

/** Kills a process at each step, as many rounds as that takes. */
export async function killAtEachStep(
  place: Place,
  kills: number,
  told: (killed: Killed) => void,
  steps: readonly Step[] = place.steps,
): Promise<void> {
  const survivor = await startMember(place)
  // The next starts while one dies.
  let next = startMember(place)
  for (let i = 0; i < kills; i++) {
    const victim = await next
    next = startMember(place)
    told(await kill(place, steps[i % steps.length] as Step, victim, survivor))
  }
  await (await next).stop()
  await survivor.stop()
}

async function kill(place: Place, step: Step, victim: Member, survivor: Member): Promise<Killed> {
  const round = crypto.randomUUID()
  const first = await victim.order(round, step)
  const faults: string[] = []
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 3000))
  if (!(await Promise.race([victim.gone, late]))) {
    faults.push('the process was not killed')
    await victim.stop()
  }
  const since = performance.now()
  let last = await survivor.order(round)
  while (!isSettled(last) && performance.now() - since < PATIENCE) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    last = await survivor.order(round)
  }
  const settled = performance.now() - since
  // Nothing changes any more.
  const again = await survivor.order(round)
  const effects = await place.effects(round)
  if (effects > 1) faults.push(`${effects} effects`)
  if (!isSettled(last)) faults.push(`not settled after ${PATIENCE} ms: ${last.status} ${last.text}`)
  if (again.text !== last.text) faults.push(`"${last.text}", and then "${again.text}"`)
  if (last.status === 201 && effects !== 1) faults.push(`201, and ${effects} effects`)
  if (first.status === 201 && first.text !== last.text) faults.push('another reply than the first')
  if (place.isShared && last.status !== 201) faults.push(`${last.status} ${last.text}`)
  return { step, first, last, settled, effects, faults }
}

/** What sending it once more would not change. */
function isSettled({ status, text }: Answer): boolean {
  return status === 201 || text.includes('idempotency_unknown')
}
