import type { AnyEndpoint } from './endpoint.ts'

/**
 * Marks an endpoint whose work is done by others that it calls. Policies and hooks of its groups and its API stand before
 * those, each time one is called, and not before it as well: nothing is counted, kept or reshaped twice.
 */
export function relaying<E extends AnyEndpoint>(endpoint: E): E {
  return Object.freeze({ ...endpoint, relays: true })
}
