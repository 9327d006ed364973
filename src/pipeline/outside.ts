/**
 * Runs work in the asynchronous context of the start, and not in that of a request: what middleware keeps there of a
 * caller, such as who it is, is not for a reply that others get. Where a runtime has no such contexts, there is nothing
 * to keep it in.
 */
export function createOutside(): <T>(work: () => T) => T {
  const { AsyncLocalStorage } = globalThis.process?.getBuiltinModule?.('node:async_hooks') ?? {}
  return AsyncLocalStorage?.snapshot() ?? ((work) => work())
}
