import { type Dependency, depends } from './depends.ts'

/** What a check of a dependency came to; `late` where it took longer than it may. */
export type CheckOutcome = 'ok' | 'failed' | 'late'

/** Whether an API is ready for traffic, in words that anybody may read. */
export interface ReadinessReport {
  readonly status: 'ready' | 'stopping' | 'unready'
  /** The checks of dependencies, by their names. */
  readonly checks: Readonly<Record<string, CheckOutcome>>
}

/** Knows whether the API is ready for traffic. */
export interface Readiness {
  /** @param wanted false where the process around the API wants no more traffic. */
  readonly ask: (wanted: boolean) => ReadinessReport | Promise<ReadinessReport>
}

/** Whether the process around an API wants traffic. */
export interface Traffic {
  readonly wanted: boolean
}

/** The readiness of the API that an endpoint is part of. The pipeline provides it. */
export const readiness: Dependency<Readiness> = depends({}, (): Readiness => neverProvided(), {
  scope: 'app',
  name: 'readiness',
})

/** What runs the process stands in for this one, and takes `wanted` back when it is about to stop. */
export const traffic: Dependency<Traffic> = depends({}, (): Traffic => ({ wanted: true }), {
  scope: 'app',
  name: 'traffic',
})

function neverProvided(): never {
  throw new Error('the pipeline provides the readiness of its API')
}
