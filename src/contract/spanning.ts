import type { Dependency, DependencyContext } from './depends.ts'

/** What a spanning dependency is made from. */
export interface SpanningContext extends DependencyContext {
  /** True where it is one for several requests: they have their effect together, or none. */
  readonly isTogether?: boolean
}

/**
 * Marks a dependency of a request of which there may be one for several, such as a transaction: where requests have their
 * effect together or not at all, it is made once for them, and ends when the last is done.
 */
export function spanning<Value>(dependency: Dependency<Value>): Dependency<Value> {
  return Object.freeze({ ...dependency, spans: true })
}
