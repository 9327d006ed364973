import type { Called } from '../../contract/front-door.ts'
import { toBase64 } from './base64.ts'
import type { BatchedReply } from './batch-schemas.ts'

/** A reply as a batch sends it, and the cookies that it sets. */
export interface Taken {
  readonly reply: BatchedReply
  /** They are for the browser, and not for its scripts: the reply to the whole sets them. */
  readonly cookies: readonly string[]
  /** Bytes of the body, as far as they are sent. */
  readonly size: number
}

const encoder = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @param room bytes that its body may have. */
export function takeReply(id: string | undefined, called: Called, room: number): Taken {
  const { status, headers: fields, omitted } = called
  const headers: Record<string, string> = {}
  const cookies: string[] = []
  for (const [name, value] of fields) {
    if (name === 'set-cookie') cookies.push(value)
    else headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  const head = { ...(id !== undefined && { id }), status, headers }
  if (called.body === undefined) {
    return { reply: { ...head, ...(omitted && { omitted }) }, cookies, size: 0 }
  }
  const { size, ...body } = bodyOf(called.body, headers['content-type'])
  if (size > room) return { reply: { ...head, omitted: 'too_large' }, cookies, size: 0 }
  return { reply: { ...head, ...body }, cookies, size }
}

function bodyOf(
  body: string | Uint8Array,
  type = '',
): Pick<BatchedReply, 'body' | 'encoding'> & { readonly size: number } {
  const text = typeof body === 'string' ? body : textOf(body, type)
  if (text === undefined) {
    const encoded = toBase64(body as Uint8Array)
    return { body: encoded, encoding: 'base64', size: encoded.length }
  }
  if (isJson(type)) {
    try {
      return { body: JSON.parse(text), size: sizeOf(body) }
    } catch {} // it is not what it says it is, and goes as the text that it is
  }
  return { body: text, size: sizeOf(body) }
}

function sizeOf(body: string | Uint8Array): number {
  return typeof body === 'string' ? encoder.encode(body).byteLength : body.byteLength
}

/** The text that bytes are; undefined where they are none, or of another charset. */
function textOf(bytes: Uint8Array, type: string): string | undefined {
  const isText = isJson(type) || /^text\//i.test(type)
  if (!isText || /charset=(?!"?utf-?8)/i.test(type)) return undefined
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** True for JSON of any media type (RFC 6839 §3.1). */
export function isJson(type: string): boolean {
  return /^[^;]*[/+]json\s*(?:;|$)/i.test(type)
}
