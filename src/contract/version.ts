import type { Problem } from './problem.ts'
import { UnknownVersion } from './problems.ts'

/** Versions that stand side by side, as `versions(…)` declares them. */
export interface Versions {
  /** The header field that names one: `API-Version`. */
  readonly header: string
  readonly names: readonly string[]
  /** The one for requests that name none. */
  readonly default: string
}

/** The version that an endpoint belongs to. */
export interface Version {
  readonly name: string
  readonly of: Versions
}

/** Marks a level whose endpoints belong to a version. */
export const VERSION: unique symbol = Symbol.for('trestle.version')

/** True where an endpoint of one version, and one of the other, may answer the same request. One of none is in all. */
export function meet(one: Version | undefined, other: Version | undefined): boolean {
  return one === undefined || other === undefined || one.name === other.name
}

/** Names those there are. */
export function unknownVersion({ header, names }: Versions): Problem {
  return UnknownVersion({ detail: `${header} is one of ${names.join(', ')}` }) as Problem
}
