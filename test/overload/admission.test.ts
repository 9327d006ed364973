import { serve } from 'trestle/node'
import { api } from 'trestle'
import { describe, expect, it, test } from 'vitest'
import type { Admission } from '../../src/pipeline/admit.ts'
import { Overload, type OverloadOptions } from '../../src/wire/overload.ts'
import { BEGIN, type Fate, type Phase, READ, SimulatedLoop } from './simulated-loop.ts'

function simulate(phases: readonly Phase[], options: OverloadOptions = {}): Fate[] {
  const loop = new SimulatedLoop()
  return loop.serve(new Overload(options, loop, () => {}), phases)
}

function most(took: readonly number[]): number {
  return Math.max(0, ...took)
}

/** The time below which this part of them is. */
function at(part: number, took: readonly number[]): number {
  return took.toSorted((a, b) => a - b)[Math.floor(took.length * part)] ?? 0
}

/** Refuses nothing and lets nothing wait: what `overload: false` comes to. */
const ALL: Admission = { admit: () => 'go', wait: () => {}, began: () => {}, ended: () => {} }

/** Milliseconds that a request costs besides its work. */
const ABOUT = READ + BEGIN

describe('twice what can be served', () => {
  test.each([
    ['that works for 0.2 ms', 0.2, undefined],
    ['that works for 1 ms', 1, undefined],
    ['that works for 10 ms', 10, undefined],
    ['that waits 5 ms and works for 1 ms', 1, 5],
    ['that waits 20 ms and works for 1 ms', 1, 20],
    ['that waits 20 ms and works for 0.1 ms', 0.1, 20],
    ['that waits 20 ms and works for 3 ms', 3, 20],
    ['that waits 100 ms and works for 1 ms', 1, 100],
    ['that waits 500 ms and works for 1 ms', 1, 500],
  ])('%s: four fifths of it are, the rest is refused at once, and all is well soon after', (_, cost, wait) => {
    const can = 1 / (cost + ABOUT)
    const phase = { cost, ...(wait === undefined ? {} : { wait }) }
    const [, storm, after] = simulate([
      { ...phase, rate: can / 2, ms: 1000 },
      { ...phase, rate: can * 2, ms: 20_000 },
      { ...phase, rate: can / 2, ms: 10_000 },
    ]) as [Fate, Fate, Fate]
    expect(storm.served.length + storm.refused.length).toBe(Math.round(can * 2 * 20_000))
    expect(storm.served.length).toBeGreaterThan(0.8 * can * 20_000)
    expect(at(0.99, storm.refused)).toBeLessThan(20)
    // In the first 3 s as many line up as come; then the line is held to a third of that.
    expect(most(storm.served)).toBeLessThan(3000 + (wait ?? 0) * 2 + 500)
    expect(after.lastRefused).toBeLessThan(100)
    expect(most(after.served.slice(-Math.round(can * 2000)))).toBeLessThan((wait ?? 0) + 30 * cost + 20)
  })

  it('is refused at once where requests take many times what they took in calm', () => {
    const [, storm] = simulate([
      { cost: 0.2, wait: 20, rate: 0.4, ms: 2000 },
      { cost: 5, wait: 20, rate: 0.4, ms: 20_000 },
    ]) as [Fate, Fate]
    expect(storm.served.length).toBeGreaterThan((0.8 * 20_000) / (5 + ABOUT))
    expect(storm.refused.length).toBeGreaterThan(0.3 * 0.4 * 20_000)
    expect(at(0.99, storm.refused)).toBeLessThan(20)
  })

  it('is refused with little delay where many times as many come', () => {
    const [storm] = simulate([{ cost: 1, rate: 15, ms: 5000 }]) as [Fate]
    expect(storm.served.length).toBeGreaterThan(0.4 * 5000)
    expect(at(0.99, storm.refused)).toBeLessThan(50)
  })
})

describe('no overload', () => {
  it('is a load that can be served', () => {
    const [fate] = simulate([{ cost: 1, rate: 0.85, ms: 20_000 }]) as [Fate]
    expect(fate.refused).toHaveLength(0)
    expect(most(fate.served)).toBeLessThan(20)
  })

  it('is a burst that can be served in time', () => {
    const [burst] = simulate([{ cost: 1, rate: 2000, ms: 1 }]) as [Fate]
    expect(burst.refused).toHaveLength(0)
    expect(burst.served).toHaveLength(2000)
  })

  it('is one handler that holds everything up', () => {
    const fates = simulate([
      { cost: 1, rate: 0.5, ms: 1000 },
      { cost: 500, rate: 1, ms: 1 },
      { cost: 1, rate: 0.5, ms: 3000 },
    ])
    for (const { refused } of fates) expect(refused).toHaveLength(0)
  })

  test.each([
    ['work for 1 ms', 1, undefined],
    ['wait 5 ms and work for 1 ms', 1, 5],
    ['wait 20 ms and work for 1 ms', 1, 20],
    ['wait 20 ms and work for 3 ms', 3, 20],
  ])('is a stall while requests come that %s: the last wait hardly longer than without admission', (_, cost, wait) => {
    const phase = { cost, rate: 0.6 / (cost + ABOUT), ...(wait === undefined ? {} : { wait }) }
    for (const stall of [50, 100, 200, 300]) {
      const phases = [
        { ...phase, ms: 2000 },
        { cost: stall, rate: 1, ms: 1 },
        { ...phase, ms: 5000 },
      ]
      const after = simulate(phases)[2] as Fate
      const free = new SimulatedLoop().serve(ALL, phases)[2] as Fate
      expect(after.refused).toHaveLength(0)
      expect(most(after.served)).toBeLessThan(1.1 * most(free.served))
      expect(at(0.99, after.served)).toBeLessThan(1.2 * at(0.99, free.served))
    }
  })

  test.each([
    ['300', 300],
    ['1,000', 1000],
    ['3,000', 3000],
    ['9,000', 9000],
  ])('are %s requests at once that wait for long, and cheap ones beside them', (_, count) => {
    for (const before of [0, 20, 300]) {
      const [, polls, cheap] = simulate([
        { cost: 0.05, rate: before / 1000, ms: 1000 },
        { cost: 0.05, wait: 20_000, rate: count, ms: 1 },
        { cost: 0.05, rate: 0.05, ms: 15_000 },
      ]) as [Fate, Fate, Fate]
      expect(polls.refused).toHaveLength(0)
      expect(cheap.refused).toHaveLength(0)
      expect(at(0.9, cheap.served)).toBeLessThan(20)
    }
  })

  it('are many that wait for long and come one after the other', () => {
    const [polls] = simulate([{ cost: 0.05, wait: 20_000, rate: 0.3, ms: 20_000 }]) as [Fate]
    expect(polls.refused).toHaveLength(0)
  })

  it('is a slow database, as long as there is room', () => {
    const [fate] = simulate([{ cost: 0.1, wait: 2000, rate: 1, ms: 5000 }]) as [Fate]
    expect(fate.refused).toHaveLength(0)
    expect(most(fate.served)).toBeLessThan(2050)
  })
})

it('a burst that cannot be served in time is refused past that', () => {
  const [burst] = simulate([{ cost: 1, rate: 2000, ms: 1 }], { delay: 200 }) as [Fate]
  expect(burst.served.length).toBeGreaterThan(150)
  expect(burst.served.length).toBeLessThan(300)
  expect(most(burst.served)).toBeLessThan(400)
})

it('more than `concurrency` are not at work at once', () => {
  const loop = new SimulatedLoop()
  const overload = new Overload({ concurrency: 2 }, loop, () => {})
  const verdicts = [overload.admit(), overload.admit()]
  overload.began()
  overload.began()
  verdicts.push(overload.admit())
  overload.ended()
  verdicts.push(overload.admit())
  expect(verdicts).toEqual(['go', 'go', 'refuse', 'go'])
})

it('what is refused is told at once, and then every 10 s', () => {
  const loop = new SimulatedLoop()
  const told: number[] = []
  const fates = loop.serve(new Overload({ delay: 100 }, loop, (refused) => told.push(refused)), [
    { cost: 1, rate: 2, ms: 25_000 },
  ])
  expect(told).toHaveLength(3)
  expect(told[0]).toBe(1)
  expect(told[1]).toBeGreaterThan(5000)
  expect((told[1] as number) + (told[2] as number)).toBeLessThan((fates[0] as Fate).refused.length)
})

test.each([
  [{ concurency: 3 }, 'overload: there is no "concurency"; there are concurrency, delay'],
  [{ delay: 0 }, 'overload: delay takes a number from 1'],
  [{ concurrency: Number.NaN }, 'overload: concurrency takes a number from 1'],
])('%o is refused at start', async (overload, message) => {
  await expect(
    serve(api({}), { port: 0, quiet: true, signals: false, overload: overload as OverloadOptions }),
  ).rejects.toThrow(message)
})
