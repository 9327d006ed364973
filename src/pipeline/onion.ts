import type { Middleware, MiddlewareContext, Next } from '../contract/hooks.ts'
import { StatedReply } from '../contract/reply-spec.ts'
import { Exchange } from './exchange.ts'
import { isSendable } from './pieces.ts'
import { WireReply } from './reply.ts'

/** Gives the reply to an exchange. It never throws: failures are replies by then. */
export type Answer = (x: Exchange) => WireReply | Promise<WireReply>

/** Puts middleware around `core`, the first outermost. Each layer is made once, at start-up. */
export function onion(
  middleware: readonly Middleware[],
  core: Answer,
  fail: (x: Exchange, error: unknown) => WireReply,
): Answer {
  return middleware.reduceRight<Answer>((inner, layer, depth) => {
    const next: Next = async (context) => {
      const x = exchangeOf(context)
      if (x.depth > depth) throw new TypeError('next(context) was called twice: a request is answered once')
      x.depth = depth + 1
      return inner(x)
    }
    return async (x) => {
      try {
        return sendable(toReply(await layer(x, next)))
      } catch (error) {
        return fail(x, error)
      }
    }
  }, core)
}

function exchangeOf(context: MiddlewareContext): Exchange {
  if (context instanceof Exchange) return context
  throw new TypeError('next(context) takes the context that the middleware was given')
}

/** Middleware may put anything into a body; what no wire can send is found here, while it can still be answered. */
function sendable(reply: WireReply): WireReply {
  if (isSendable(reply.body)) return reply
  throw new TypeError('the body of a reply is text, bytes, a Blob or a stream: for JSON, set JSON.stringify(value)')
}

function toReply(given: unknown): WireReply {
  if (given instanceof WireReply) return given
  if (!(given instanceof StatedReply)) {
    throw new TypeError('middleware must return what next(context) gave, or reply(status, body)')
  }
  const { status, body, headers } = given
  if (body === undefined) return new WireReply(status, undefined, []).addAll(headers)
  return typeof body === 'string'
    ? new WireReply(status, body, ['content-type', 'text/plain; charset=utf-8']).addAll(headers)
    : new WireReply(status, JSON.stringify(body), ['content-type', 'application/json']).addAll(headers)
}
