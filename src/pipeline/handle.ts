import type { After, Before } from '../contract/hooks.ts'
import type { Exchange } from './exchange.ts'

export type AnyHandler = (context: unknown) => unknown

/**
 * Stage 8, when dependencies are made: before hooks, the handler, after hooks. A before hook that
 * returns something answers in the handler's place; an after hook that does replaces the result.
 */
export function handle(x: Exchange, handler: AnyHandler): void | Promise<void> {
  x.handled = true
  const result = handler(x.context)
  if (!isThenable(result)) {
    x.result = result
    return
  }
  return Promise.resolve(result).then((settled) => {
    x.result = settled
  })
}

/** Query builders are promises of their own kind. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === 'object' && typeof (value as PromiseLike<unknown>).then === 'function'
}

/** The handler with its hooks around it; itself where there are none. */
export function withHooks(handler: AnyHandler, before: readonly Before[], after: readonly After[]): AnyHandler {
  if (before.length === 0 && after.length === 0) return handler
  return async (context) => {
    let result: unknown
    for (const hook of before) {
      result = await hook(context as never)
      if (result !== undefined) break
    }
    if (result === undefined) result = await handler(context)
    for (const hook of after) {
      const other = await hook(context as never, result)
      if (other !== undefined) result = other
    }
    return result
  }
}
