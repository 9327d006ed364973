import { refused } from '../matrix/case.ts'
import type { Reply } from './case.ts'

/** Replies that many cases expect. */

export const probed: Reply = { status: 200, json: { ok: true } }

/** What a smuggled request asks for. */
export const admin: Reply = { status: 200, json: { admin: true, path: '/paths/admin' } }

/** What `/bodies/text` answers to a text of at most 20 characters. */
export function read(text: string): Reply {
  return { status: 200, json: { length: text.length, text } }
}

/** What `/paths/echo/{text}` answers. */
export function echoed(text: string, path: string): Reply {
  return { status: 200, json: { text, path } }
}

/** What `/fields/{name}` answers. */
export function field(value: string | null): Reply {
  return { status: 200, json: { value } }
}

export function closing(reply: Reply): Reply {
  return { ...reply, closes: true }
}

export function maybeClosing(reply: Reply): Reply {
  return { ...reply, mayClose: true }
}

export function toHead(status: number, more: Partial<Reply> = {}): Reply {
  return { status, to: 'HEAD', empty: true, ...more }
}

/** Where the message ends is in doubt, or what it says. */
export const bad: Reply = refused(400, 'bad_request', { closes: true })

/** The caller ended in the middle of its message. */
export const brokenOff: Reply = { ...bad, or: refused(400, 'malformed_body', { closes: true }) }

/** What is wrong is in the target alone: the connection can go on. */
export const badTarget: Reply = maybeClosing(refused(400, 'bad_request'))

export const notFound: Reply = refused(404, 'not_found')
export const notAllowed: Reply = refused(405, 'method_not_allowed')
export const tooLarge: Reply = refused(413, 'content_too_large', { closes: true })
export const targetTooLong: Reply = maybeClosing(refused(414, 'target_too_long'))
export const headersTooLarge: Reply = refused(431, 'headers_too_large', { closes: true })

/** A transfer coding that nobody takes off: where the message ends cannot be told. */
export const uncoded: Reply = refused(501, 'not_implemented', { closes: true })

/** A method that nobody knows; its message has an end all the same. */
export const unknownMethod: Reply = maybeClosing(refused(501, 'not_implemented'))

export const otherVersion: Reply = refused(505, 'version_not_supported', { closes: true })
