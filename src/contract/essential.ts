import type { AnyEndpoint } from './endpoint.ts'

/**
 * Marks an endpoint that is answered whatever goes on: nothing of its groups and its API (hooks, middleware, policies)
 * stands before it, and overload never refuses it. For what tells whether a process lives; a probe that is refused
 * under load has the process killed that is needed most.
 */
export function essential<E extends AnyEndpoint>(endpoint: E): E {
  return Object.freeze({ ...endpoint, essential: true })
}
