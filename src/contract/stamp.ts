import type { Middleware } from './hooks.ts'
import type { Request } from './request.ts'

/** What a stamp does. Nothing of it waits, and nothing of it fails. */
export interface Stamp {
  /** The id of a request, where the stamp gives one. Without a request, that of a reply to what was none. */
  readonly id?: (request: Request | undefined) => string
  /**
   * Header fields that a reply gets: names and values by turns, sent as they are. One that is there already stays, but for
   * those of a stamp that gives the id: what a reply says of that is what the log says.
   *
   * @param id that of the request, where a stamp gave one.
   */
  readonly fields: (request: Request | undefined, id: string | undefined) => readonly string[]
}

const STAMP: unique symbol = Symbol('stamp')

/**
 * Middleware that does no more than add header fields, the same for every reply of a kind. The pipeline knows it, and
 * runs it without a promise; that of an API it runs around everything else, so that replies have the fields which no
 * other middleware sees: of time limits, overload, probes, and of what was no request.
 */
export function stamp(given: Stamp): Middleware {
  // Where somebody calls it from middleware of their own.
  const layer: Middleware = async (context, next) => {
    const request: { id: string | undefined } & Request = context.request
    if (given.id !== undefined) request.id ??= given.id(request)
    const reply = await next(context)
    const fields = given.fields(request, request.id)
    for (let i = 0; i < fields.length; i += 2) {
      const [name, value] = [fields[i] as string, fields[i + 1] as string]
      if (given.id !== undefined || reply.header(name) === undefined) reply.set(name, value)
    }
    return reply
  }
  return Object.freeze(Object.assign(layer, { [STAMP]: given }))
}

/** What a stamp does; undefined for any other middleware. */
export function stampOf(middleware: Middleware): Stamp | undefined {
  return (middleware as { readonly [STAMP]?: Stamp })[STAMP]
}
