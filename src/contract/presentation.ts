import type { Middleware, MiddlewareContext, Next } from './hooks.ts'
import type { Request } from './request.ts'

/** Shows what an API answers in another form to those who prefer that, such as a page to a browser (RFC 9110 §12.1). */
export interface Presentation {
  /** True for a request whose reply is shown so. It is asked for each GET and HEAD. */
  readonly wants: (request: Request) => boolean
  /** Gives the reply: the one that `next` gave, or what it made of that. */
  readonly show: (context: MiddlewareContext, next: Next) => Promise<unknown>
}

const PRESENTATION: unique symbol = Symbol('presentation')

/**
 * Middleware of an API that only those meet who want it. The pipeline knows it, and runs it around everything but stamps:
 * all others go past it without a promise.
 */
export function presentation(given: Presentation): Middleware {
  // Where somebody calls it from middleware of their own.
  const layer: Middleware = (context, next) =>
    given.wants(context.request) ? given.show(context, next) : next(context)
  return Object.freeze(Object.assign(layer, { [PRESENTATION]: given }))
}

/** What is shown, and to whom; undefined for any other middleware. */
export function presentationOf(middleware: Middleware): Presentation | undefined {
  return (middleware as { readonly [PRESENTATION]?: Presentation })[PRESENTATION]
}
