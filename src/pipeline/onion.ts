import type { Middleware, MiddlewareContext, Next } from '../contract/hooks.ts'
import { StatedReply } from '../contract/reply-spec.ts'
import { stampOf } from '../contract/stamp.ts'
import { Exchange } from './exchange.ts'
import { isSendable } from './pieces.ts'
import { WireReply } from './reply.ts'
import { stamped } from './stamps.ts'

/** Gives the reply to an exchange. It never throws: failures are replies by then. */
export type Answer = (x: Exchange) => WireReply | Promise<WireReply>

/** Puts middleware around `core`, the first outermost. Each layer is made once, at start-up. */
export function onion(
  middleware: readonly Middleware[],
  core: Answer,
  fail: (x: Exchange, error: unknown) => WireReply,
): Answer {
  return middleware.reduceRight<Answer>((inner, layer, depth) => {
    const stamp = stampOf(layer)
    if (stamp !== undefined) return stamped(stamp, inner)
    const next: Next = async (context) => {
      const x = exchangeOf(context)
      if (x.depth > depth) throw new TypeError('next(context) was called twice: a request is answered once')
      x.depth = depth + 1
      return inner(x)
    }
    return async (x) => {
      try {
        return toReply(await layer(x, next))
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

/**
 * A reply as middleware and policies may give it: the one they were given, or one that they state.
 *
 * @throws {TypeError} for anything else, and for a body that no wire can send.
 */
export function toReply(given: unknown): WireReply {
  return sendable(asReply(given))
}

function asReply(given: unknown): WireReply {
  if (given instanceof WireReply) return given
  if (!(given instanceof StatedReply)) {
    throw new TypeError('a reply is what next(context) gave, or reply(status, body)')
  }
  const { status, body, headers } = given
  if (body === undefined) return new WireReply(status, undefined, []).addAll(headers)
  if (typeof body === 'string') {
    return new WireReply(status, body, ['content-type', 'text/plain; charset=utf-8']).addAll(headers)
  }
  return body instanceof Uint8Array
    ? new WireReply(status, body, ['content-type', 'application/octet-stream']).addAll(headers)
    : new WireReply(status, JSON.stringify(body), ['content-type', 'application/json']).addAll(headers)
}
