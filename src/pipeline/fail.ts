import { type ErrorFormat, problemDocuments } from '../contract/error-format.ts'
import { NotModified } from '../contract/not-modified.ts'
import { Problem } from '../contract/problem.ts'
import { ContentTooLarge, InternalError, MalformedBody } from '../contract/problems.ts'
import type { Exchange } from './exchange.ts'
import { BodyCut, BodyTooLarge, NotInCoding, NotUtf8 } from './incoming.ts'
import { WireReply } from './reply.ts'

/** Where failures are told that callers must not see. */
export type Report = (error: unknown, about: About) => void

/** What a report is about: the operation where one matched, and `POST /orders`. */
export interface About {
  readonly operation: string | undefined
  readonly request: string
  /** What the reply calls the request, where the API has `requestId()`. */
  readonly id?: string | undefined
}

export function aboutOf(x: Exchange): About {
  return { operation: x.operation, request: `${x.request.method} ${x.request.path}`, id: x.request.toldAs }
}

/** Tells the console, which is where failures go unless an API's server is told otherwise. */
export const toConsole: Report = (error, { request, id }) =>
  console.error(id === undefined ? request : `${request} (${id})`, error)

/** A report that cannot fail itself: it is called where nobody is left to catch. */
export function careful(report: Report): Report {
  return (error, about) => {
    try {
      report(error, about)
    } catch (failure) {
      console.error(failure)
    }
  }
}

/**
 * Makes the reply to a failure. A problem is what it says; anything else, be it a string somebody
 * threw, is an internal error that says nothing outside and everything to `report`. So is a problem
 * that cannot be sent: one with a line break in a header field, or with members JSON has no form for. That a caller has
 * what there is, is no failure.
 */
export function fail(x: Exchange, thrown: unknown, format: ErrorFormat, report: Report): WireReply {
  if (thrown instanceof NotModified) return new WireReply(304, undefined, []).addAll(thrown.headers)
  const problem = thrown instanceof Problem ? thrown : (unreadable(thrown) ?? InternalError({ cause: thrown }))
  x.failure ??= errorOf(thrown)
  // A method that nobody knows is the caller's doing: told, anybody could fill the log.
  if (problem.status >= 500 && problem.status !== 501 && !isObedience(x.aborted, thrown)) report(thrown, aboutOf(x))
  return problemReply(problem, format, (error) => report(error, aboutOf(x)))
}

/**
 * True for what somebody throws because a signal told it to stop; why it did is reported where that is a fault.
 *
 * @param reason of the signal; undefined where it told nobody.
 */
export function isObedience(reason: unknown, thrown: unknown): boolean {
  if (reason === undefined) return false
  return thrown === reason || (thrown instanceof Error && (thrown.name === 'AbortError' || thrown.cause === reason))
}

/** What was thrown, as an error: anything can be thrown, also what has no text. */
export function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  let text = 'something without a text'
  try {
    text = String(thrown)
  } catch {}
  return new Error(`${text} was thrown; throw an Error to see where`, { cause: thrown })
}

/**
 * What reading the body found wrong with it, be it in the decoder, in a handler that reads a stream, or in
 * a reply made of one. It is the caller's doing.
 */
export function unreadable(thrown: unknown): Problem | undefined {
  if (thrown instanceof BodyTooLarge) return ContentTooLarge({ detail: thrown.message }) as Problem
  if (thrown instanceof NotUtf8 || thrown instanceof NotInCoding) {
    return MalformedBody({ detail: thrown.message, cause: thrown }) as Problem
  }
  // Over some wires the time of a body ends for whoever reads it, be that a reply that has begun.
  if (thrown instanceof Problem && thrown.code === 'request_timeout') return thrown
  if (!(thrown instanceof BodyCut)) return undefined
  return MalformedBody({ detail: 'The body broke off', cause: thrown }) as Problem
}

/**
 * A problem as a reply; where that fails, an internal error.
 *
 * @param tell told why: a format may throw for a problem that its author did not think of.
 */
export function problemReply(problem: Problem, format: ErrorFormat, tell: (error: unknown) => void): WireReply {
  try {
    return formatted(problem, format)
  } catch (error) {
    tell(error)
    return formatted(InternalError() as Problem, problemDocuments())
  }
}

function formatted(problem: Problem, format: ErrorFormat): WireReply {
  const body = JSON.stringify(format.body(problem))
  const reply = new WireReply(problem.status, body, ['content-type', format.mediaType])
  for (const [name, value] of Object.entries(problem.headers ?? {})) reply.set(name, value)
  return reply
}
