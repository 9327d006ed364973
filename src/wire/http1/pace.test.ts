import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PORTION } from '../send-pieces.ts'
import { Pace, Portion } from './pace.ts'

describe('the pace of long replies', () => {
  it('lets few go on in one turn of the event loop, and all in the order in which they came', async () => {
    const pace = new Pace()
    const went: number[] = []
    for (let i = 0; i < 100; i++) pace.after(() => went.push(i))
    const first = went.length
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(50)
    let turns = 0
    for (; went.length < 100 && turns < 100; turns++) {
      const before = went.length
      await turn()
      expect(went.length - before).toBeLessThanOrEqual(2 * first)
    }
    expect(turns).toBeGreaterThan(2)
    expect(went).toEqual([...Array(100).keys()])
  })

  it('lets small pieces pass, until they are a portion together', async () => {
    const pace = new Pace()
    while (passes(pace));
    const portion = new Portion(pace)
    let went = 0
    portion.after(PORTION / 2, () => went++)
    expect(went).toBe(1)
    portion.after(PORTION / 2, () => went++)
    expect(went).toBe(1)
    for (let i = 0; i < 5; i++) await turn()
    expect(went).toBe(2)
  })
})

/** False once this turn is used up. */
function passes(pace: Pace): boolean {
  let passed = false
  pace.after(() => {
    passed = true
  })
  return passed
}
