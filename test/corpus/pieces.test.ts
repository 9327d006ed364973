import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Child } from '../matrix/children.ts'
import type { CorpusCase } from './case.ts'
import { corpus } from './corpus.ts'
import { type Delivery, byteByByte, inOnePiece, inPieces, placesIn, seeded } from './delivery.ts'
import { type Seen, exchange } from './exchange.ts'
import { START } from './forms.ts'

/** Exchanges under way at once: a server reads a byte of each in one turn of its loop. */
const AT_ONCE = 64

/** Places at which each case is cut in two, one after the other. */
const CUTS = 4
const SEED = 20_250_929

type Outcome = { readonly seen: Seen } | { readonly error: unknown }

const cases = Object.values(corpus).flat()

describe('however its bytes are cut, a case gets the replies that it gets in one piece', () => {
  let child: Child
  let whole: ReadonlyMap<CorpusCase, Outcome>
  beforeAll(async () => {
    child = await START.engine()
    whole = await outcomes(child.port, () => inOnePiece)
  })
  afterAll(() => child?.stop())

  describe('byte by byte', () => {
    let parts: ReadonlyMap<CorpusCase, Outcome>
    beforeAll(async () => {
      parts = await outcomes(child.port, () => byteByByte)
    })
    each((one) => expect(seenOf(parts, one)).toEqual(seenOf(whole, one)))
  })

  const random = seeded(SEED)
  const places = new Map(cases.map((one) => [one, placesIn(one.raw.length, CUTS, random)]))
  for (let cut = 0; cut < CUTS; cut++) {
    describe(`in two, at place ${cut + 1} of seed ${SEED}`, () => {
      let parts: ReadonlyMap<CorpusCase, Outcome>
      beforeAll(async () => {
        parts = await outcomes(child.port, (one) => inPieces([places.get(one)?.[cut] as number]))
      })
      each((one) => expect(seenOf(parts, one), `cut at ${places.get(one)?.[cut]}`).toEqual(seenOf(whole, one)))
    })
  }
})

function each(test: (one: CorpusCase) => void): void {
  for (const [topic, list] of Object.entries(corpus)) {
    describe(topic, () => {
      for (const one of list) it(one.name, () => test(one))
    })
  }
}

/** Sends every case, many at once, and keeps what came of each. */
async function outcomes(
  port: number,
  deliver: (one: CorpusCase) => Delivery,
): Promise<ReadonlyMap<CorpusCase, Outcome>> {
  const found = new Map<CorpusCase, Outcome>()
  const waiting = cases.values()
  const work = async (): Promise<void> => {
    for (const one of waiting) {
      const outcome = exchange(one, 'engine', port, deliver(one)).then(
        (seen) => ({ seen }),
        (error: unknown) => ({ error }),
      )
      found.set(one, await outcome)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return found
}

function seenOf(all: ReadonlyMap<CorpusCase, Outcome>, one: CorpusCase): Seen {
  const outcome = all.get(one) as Outcome
  if ('error' in outcome) throw outcome.error
  return outcome.seen
}
