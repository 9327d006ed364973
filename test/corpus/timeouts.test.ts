import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Child } from '../matrix/children.ts'
import { timeouts } from './cases/timeouts.ts'
import { inOnePiece } from './delivery.ts'
import { exchange } from './exchange.ts'
import { startHere } from './forms.ts'

/** node:http looks at its connections every 30 s, and runtimes have timeouts of their own: this is the engine's alone. */
describe.concurrent('what takes too long, on the engine', () => {
  let child: Child
  beforeAll(async () => {
    child = await startHere('trestle', {
      headerTimeout: 300,
      bodyTimeout: 300,
      bodyRate: 1_000_000,
      requestsPerConnection: 3,
    })
  })
  afterAll(() => child?.stop())

  for (const one of timeouts) {
    it(`${one.name} (${one.clause}, ${one.level})`, async () => {
      await exchange(one, 'engine', child.port, inOnePiece)
    })
  }
})
