import type { ReplyEncoder } from '../compile/encoder.ts'
import type { CursorPage, OffsetPage } from '../contract/page.ts'
import { type ReplyHeaders, StatedReply } from '../contract/reply-spec.ts'
import type { SchemaIssue, SchemaResult } from '../contract/schema.ts'
import type { Exchange } from './exchange.ts'
import { pageLinks } from './page-links.ts'
import { isPieces } from './pieces.ts'
import { type ReplyBody, WireReply } from './reply.ts'

/** A handler gave something that its reply schema does not let out. Outside it is a 500 that says nothing. */
export class ReplyMismatch extends Error {
  readonly issues: readonly SchemaIssue[]

  constructor(operation: string | undefined, status: number, issues: readonly SchemaIssue[]) {
    const where = issues.map((issue) => {
      const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
      return `${path === '' ? 'the value' : path}: ${issue.message}`
    })
    super(`${operation} returned what its ${status} reply does not declare: ${where.join('; ')}`)
    this.issues = issues
  }
}

/**
 * Stage 9. Makes a reply of what the handler returned: the body goes through its schema, which drops
 * what it does not declare.
 *
 * @throws {ReplyMismatch}
 */
export function encode(x: Exchange, replies: readonly ReplyEncoder[]): void | Promise<void> {
  if (x.reply !== undefined) return
  const { result } = x
  if (result instanceof WireReply) {
    x.reply = result
    return
  }
  if (!(result instanceof StatedReply)) return encodeAs(x, plainReply(replies, result), result, undefined)
  const encoder = replies.find((one) => one.status === result.status)
  if (encoder !== undefined) return encodeAs(x, encoder, result.body, result.headers)
  throw new Error(`${x.operation} stated a ${result.status} reply: list it in "returns"`)
}

/** The reply that a plain value is: the first declared. Where none is declared, nothing is 204. */
function plainReply(replies: readonly ReplyEncoder[], result: unknown): ReplyEncoder {
  const [first, second] = replies as [ReplyEncoder, ReplyEncoder?]
  return result === undefined && first.kind === 'json' && first.encode === undefined ? (second ?? first) : first
}

function encodeAs(
  x: Exchange,
  encoder: ReplyEncoder,
  body: unknown,
  headers: ReplyHeaders | undefined,
): void | Promise<void> {
  switch (encoder.kind) {
    case 'json': {
      if (encoder.encode === undefined) {
        x.reply = jsonReply(x, encoder, body).addAll(headers)
        return
      }
      const result = encoder.encode(body)
      if (result instanceof Promise) {
        return result.then((settled) => {
          x.reply = jsonReply(x, encoder, encodedOf(x, encoder, settled)).addAll(headers)
        })
      }
      x.reply = jsonReply(x, encoder, encodedOf(x, encoder, result)).addAll(headers)
      return
    }
    case 'cursor':
    case 'offset':
      return encodePage(x, encoder, body as CursorPage<unknown> | OffsetPage<unknown>, headers)
    case 'none':
      x.reply = new WireReply(encoder.status, undefined, []).addAll(headers)
      return
    case 'location':
      if (typeof body !== 'string') throw new Error(`${x.operation} must return the address to redirect to, a string`)
      x.reply = new WireReply(encoder.status, undefined, []).set('location', asciiAddress(body)).addAll(headers)
      return
    case 'text':
    case 'bytes':
    case 'stream':
    case 'file':
      x.reply = new WireReply(encoder.status, plainBody(x, encoder, body), ['content-type', contentType(encoder, body)])
      if (body instanceof File) x.reply.set('content-disposition', disposition(body.name))
      x.reply.addAll(headers)
      return
    default:
      throw new Error(`${x.operation}: ${encoder.kind}() is no reply`)
  }
}

function encodedOf(x: Exchange, encoder: ReplyEncoder, result: SchemaResult<unknown>): unknown {
  if (result.issues === undefined) return result.value
  throw new ReplyMismatch(x.operation, encoder.status, result.issues)
}

function jsonReply(x: Exchange, encoder: ReplyEncoder, value: unknown): WireReply {
  const text = JSON.stringify(value)
  if (text === undefined) throw new Error(`${x.operation} returned a ${typeof value}, which JSON cannot carry`)
  const reply = new WireReply(encoder.status, text, ['content-type', encoder.mediaType])
  if (encoder.location !== undefined) {
    const location = encoder.location(x.request.path, value)
    if (location !== undefined) reply.set('location', asciiAddress(location))
  }
  return reply
}

async function encodePage(
  x: Exchange,
  encoder: ReplyEncoder,
  page: CursorPage<unknown> | OffsetPage<unknown>,
  headers: ReplyHeaders | undefined,
): Promise<void> {
  if (!Array.isArray(page?.items)) throw new Error(`${x.operation} must return a page: { items, … }`)
  const items: unknown[] = []
  for (let i = 0; i < page.items.length; i++) {
    const result = await encoder.encode?.(page.items[i])
    if (result?.issues !== undefined) {
      throw new ReplyMismatch(
        x.operation,
        encoder.status,
        result.issues.map((issue) => ({ ...issue, path: ['items', i, ...(issue.path ?? [])] })),
      )
    }
    items.push(result === undefined ? page.items[i] : result.value)
  }
  const whole =
    encoder.kind === 'offset'
      ? { items, total: (page as OffsetPage<unknown>).total }
      : { items, next_cursor: (page as CursorPage<unknown>).next_cursor ?? null }
  const reply = jsonReply(x, encoder, whole)
  const links = pageLinks(x.request, x.context.query, whole)
  if (links !== undefined) reply.set('link', links)
  x.reply = reply.addAll(headers)
}

function plainBody(x: Exchange, encoder: ReplyEncoder, body: unknown): ReplyBody {
  const fits =
    encoder.kind === 'text'
      ? typeof body === 'string'
      : encoder.kind === 'bytes'
        ? body instanceof Uint8Array
        : encoder.kind === 'file'
          ? body instanceof Blob
          : isPieces(body)
  if (!fits) throw new Error(`${x.operation} returned ${describe(body)} where its reply is ${encoder.kind}()`)
  return body as ReplyBody
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? (value.constructor?.name ?? 'an object') : typeof value
}

/** A file says what it is; anything else is what its reply declares. */
function contentType(encoder: ReplyEncoder, body: unknown): string {
  const isGeneral = encoder.mediaType === 'application/octet-stream'
  return encoder.kind === 'file' && isGeneral && (body as Blob).type !== '' ? (body as Blob).type : encoder.mediaType
}

/** The name of a download, in both forms of RFC 6266 §4.3. */
function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\/]/g, '_')
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, escapeMark)}`
}

function escapeMark(mark: string): string {
  return `%${mark.charCodeAt(0).toString(16).toUpperCase()}`
}

const PLAIN_ADDRESS = /^[\w./~-]*$/

/** Escapes what a URI cannot hold (RFC 3986 §2); CR and LF cannot leave the field. */
function asciiAddress(address: string): string {
  // Nearly every address: the search below costs 4 µs.
  if (PLAIN_ADDRESS.test(address)) return address
  return address.toWellFormed().replace(/[^\x21-\x7e]+|["<>\\^`{|}]|%(?![0-9a-f]{2})/giu, encodeURIComponent)
}
