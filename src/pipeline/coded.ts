import { codedTag } from '../contract/coded-tag.ts'
import type { ContentCoding } from '../contract/content-coding.ts'
import { zlibHere } from '../compile/zlib.ts'
import type { Failing } from './advance.ts'
import type { Exchange } from './exchange.ts'
import type { Answer } from './onion.ts'
import { PackedPieces, packWhole } from './pack.ts'
import { letGo, piecesOf } from './pieces.ts'
import type { WireReply } from './reply.ts'

/** Puts a reply into the content coding in which it is sent. */
export type Code = (x: Exchange, reply: WireReply) => WireReply | Promise<WireReply>

/** Makes it of what says which coding that is; undefined where there is no zlib: what is sent is the plain reply then. */
export function coder(
  codingOf: (x: Exchange, reply: WireReply) => ContentCoding | undefined,
  failing: Failing,
): Code | undefined {
  if (zlibHere() === undefined) return undefined
  return (x, reply) => {
    const failed = (error: unknown): WireReply => {
      letGo(reply.body)
      return failing(x, error)
    }
    try {
      const coding = codingOf(x, reply)
      if (coding === undefined) return reply
      const packed = pack(reply, coding)
      return packed instanceof Promise ? packed.catch(failed) : packed
    } catch (error) {
      return failed(error)
    }
  }
}

/**
 * Sends what `inner` answers in its coding. It stands around middleware and all policies: what is kept, logged and hashed
 * is the plain reply.
 */
export function coded(inner: Answer, code: Code): Answer {
  return (x) => {
    const reply = inner(x)
    return reply instanceof Promise ? reply.then((given) => code(x, given)) : code(x, reply)
  }
}

function pack(reply: WireReply, coding: ContentCoding): WireReply | Promise<WireReply> {
  const { body } = reply
  if (body === undefined) return reply
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    return tell(reply, new PackedPieces(piecesOf(body), coding), coding)
  }
  const plain = typeof body === 'string' ? body.length : body.byteLength
  const shorter = (packed: Uint8Array): WireReply => (packed.byteLength < plain ? tell(reply, packed, coding) : reply)
  const packed = packWhole(body, coding)
  return packed instanceof Promise ? packed.then(shorter) : shorter(packed)
}

/** Another representation: with its coding, a tag of its own, and without the ranges of the plain one. */
function tell(reply: WireReply, body: NonNullable<WireReply['body']>, coding: ContentCoding): WireReply {
  reply.body = body
  const tag = reply.header('etag')
  if (tag !== undefined) reply.set('etag', codedTag(tag, coding))
  return reply.remove('accept-ranges').set('content-encoding', coding)
}
