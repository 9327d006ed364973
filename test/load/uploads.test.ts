import { expect, test } from 'vitest'
import { canMeasure } from './subject.ts'
import { uploads } from './uploads-run.ts'

const BYTES = 300_000_000

test.runIf(canMeasure)(
  'a file of 300 MB makes the server no larger',
  async () => {
    const outcome = await uploads({ bytes: BYTES, callers: 1, engine: 'trestle', path: '/forms' })
    expect(outcome.replies).toEqual([`200 {"size":${BYTES}}`])
    expect(outcome.growth).toBeLessThan(50_000_000)
  },
  60_000,
)
