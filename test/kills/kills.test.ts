import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crowd } from './crowd.ts'
import { type Killed, killAtEachStep } from './killing.ts'
import { PLACES, type Place, openPlace } from './place.ts'
import type { Step } from './steps.ts'

/** Around what counts; `npm run kills` goes through all of them. */
const STORE: readonly Step[] = ['begin:after', 'effect:after', 'finish:after']
const TRANSACTION: readonly Step[] = ['claim:after', 'record:after', 'COMMIT:before', 'COMMIT:after']

describe.each(PLACES)('A request with a key, kept in %s', (name) => {
  let place: Place
  beforeAll(async () => {
    place = await openPlace(name)
  })
  afterAll(() => place.remove())

  it('has one effect at most, wherever its process is killed, and sent again it is settled', async () => {
    const all: Killed[] = []
    const steps = place.isShared ? TRANSACTION : STORE
    await killAtEachStep(place, steps.length, (killed) => all.push(killed), steps)
    expect(all.flatMap(({ step, faults }) => faults.map((fault) => `${step}: ${fault}`))).toEqual([])
    const replayed = all.filter(({ last }) => last.isReplay).map(({ step }) => step)
    if (place.isShared) expect(replayed).toEqual(['COMMIT:after'])
    else expect(replayed).toContain('finish:after')
  }, 180_000)

  it.runIf(name.startsWith('transactions'))(
    'has one effect, however many come at once to four processes',
    async () => {
      expect((await crowd(place, 2)).faults).toEqual([])
    },
    60_000,
  )
})
