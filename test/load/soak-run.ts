import { setTimeout as pause } from 'node:timers/promises'
import { type Mixed, mixedLoad } from './mixed.ts'
import { type Slope, slopeOf } from './slope.ts'
import { type Facts, startSubject } from './subject.ts'

export interface SoakOptions {
  readonly seconds: number
  /** Seconds of load between two looks. */
  readonly every: number
  readonly engine?: 'trestle' | 'node'
  readonly progress?: (sample: Sample, so: Mixed) => void
}

/** What a server held at some time, when nobody was connected and its garbage was collected. */
export interface Sample {
  /** Seconds since the start. */
  readonly at: number
  readonly heap: number
  readonly external: number
  readonly rss: number
  readonly files: number
  /** Sockets, timers and requests that are active. */
  readonly active: number
}

export type Measure = Exclude<keyof Sample, 'at'>

export interface SoakOutcome extends Mixed {
  readonly samples: readonly Sample[]
  /** What was active at the end, by its kind. */
  readonly resources: Facts['resources']
  /** Growth in an hour, from a line through all samples after the warm-up. */
  readonly slopes: Readonly<Record<Measure, Slope>>
}

/** The part of the time in which a server is new, and grows as it should. */
export const WARM_UP = 0.25

const CALLERS = 24

/** Milliseconds in which a server has let go of callers that left: its looks are 250 ms apart, it lingers for 1 s. */
const SETTLES = 1600

/** Puts a server under a mixed load for long, and looks at it again and again. */
export async function soak(options: SoakOptions): Promise<SoakOutcome> {
  const { seconds, every, engine = 'trestle', progress } = options
  // Half of what is asked for is asked for on purpose wrongly or never read: refusals for load would hide the others.
  const subject = await startSubject({ engine, overload: false })
  const so: Mixed = { talks: 0, failures: [] }
  const samples: Sample[] = []
  const start = performance.now()
  const elapsed = (): number => (performance.now() - start) / 1000
  try {
    let resources: Facts['resources'] = {}
    while (elapsed() < seconds) {
      await mixedLoad(subject.port, every, CALLERS, so)
      await pause(SETTLES)
      const facts = await subject.facts()
      resources = facts.resources
      const active = Object.values(resources).reduce((sum, count) => sum + count, 0)
      const { heap, external, rss, files } = facts
      const sample = { at: elapsed(), heap, external, rss, files, active }
      samples.push(sample)
      progress?.(sample, so)
    }
    return { ...so, samples, resources, slopes: slopesOf(samples, seconds * WARM_UP) }
  } finally {
    await subject.stop()
  }
}

function slopesOf(samples: readonly Sample[], from: number): Record<Measure, Slope> {
  const warm = samples.filter(({ at }) => at >= from)
  const of = (measure: Measure): Slope => slopeOf(warm.map((sample) => [sample.at / 3600, sample[measure]]))
  return { heap: of('heap'), external: of('external'), rss: of('rss'), files: of('files'), active: of('active') }
}
