import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Child } from '../matrix/children.ts'
import { timeouts } from './cases/timeouts.ts'
import { inOnePiece } from './delivery.ts'
import { exchange } from './exchange.ts'
import { startHere } from './forms.ts'

/** The forms whose limits are Trestle's; other runtimes have their own. */
const ENGINES = { engine: 'trestle', node: 'node' } as const

const LIMITS = { headerTimeout: 300, bodyTimeout: 300, bodyRate: 1_000_000, requestsPerConnection: 3 }

for (const [form, engine] of Object.entries(ENGINES)) {
  describe.concurrent(`on ${form}`, () => {
    let child: Child
    beforeAll(async () => {
      child = await startHere(engine, LIMITS)
    })
    afterAll(() => child?.stop())

    for (const one of timeouts) {
      it(`${one.name} (${one.clause}, ${one.level})`, async () => {
        await exchange(one, form as keyof typeof ENGINES, child.port, inOnePiece)
      })
    }
  })
}
