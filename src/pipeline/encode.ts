import type { ReplyEncoder } from '../compile/encoder.ts'
import type { Choose, Representation } from '../compile/representations.ts'
import type { Validate } from '../compile/validator.ts'
import type { Chunk } from '../contract/content.ts'
import { EncodedPage } from '../contract/encoded-page.ts'
import { EncodedRows } from '../contract/encoded-rows.ts'
import type { CursorPage, OffsetPage } from '../contract/page.ts'
import { type ReplyHeaders, StatedReply } from '../contract/reply-spec.ts'
import type { SchemaIssue, SchemaResult } from '../contract/schema.ts'
import type { Exchange } from './exchange.ts'
import { pageLinks } from './page-links.ts'
import { isPieces, letGo } from './pieces.ts'
import { RowPieces, itemsOf } from './row-pieces.ts'
import { type ReplyBody, WireReply } from './reply.ts'
import { checkHeaders } from './reply-headers.ts'
import { ReplyMismatch } from './reply-mismatch.ts'
import { checkUndeclared } from './undeclared.ts'

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
  // A hook, or a handler whose reply is not declared, may return what it meant to throw.
  if (result instanceof Error) throw result
  if (!(result instanceof StatedReply)) return encodeBy(x, plainReply(replies, result), result, undefined)
  const encoder = replies.find((one) => one.status === result.status)
  if (encoder !== undefined) return encodeBy(x, encoder, result.body, result.headers)
  throw new Error(`${x.operation} stated a ${result.status} reply, which it does not declare: ${mendFor(result)}`)
}

/** What to write so that a reply may be stated. */
function mendFor({ status, body }: StatedReply): string {
  const builder = BUILDERS[status] ?? `status(${status}, ${body === undefined ? 'undefined' : 'schema'})`
  return `add ${builder} to its "returns"`
}

const BUILDERS: Readonly<Record<number, string>> = {
  200: 'ok(schema)',
  201: 'created(schema)',
  202: 'accepted(schema)',
  204: 'noContent()',
  303: 'redirect()',
}

/** Most replies are the only one of their status and declare no header fields: they are encoded, and that is all. */
function encodeBy(
  x: Exchange,
  encoder: ReplyEncoder,
  body: unknown,
  headers: ReplyHeaders | undefined,
): void | Promise<void> {
  if (encoder.headers === undefined && encoder.otherwise === undefined) return encodeAs(x, encoder, body, headers)
  return encodeFirstFit(x, encoder, body, headers)
}

/** Encodes by the first reply of a status that takes the body and the header fields. */
async function encodeFirstFit(
  x: Exchange,
  first: ReplyEncoder,
  body: unknown,
  headers: ReplyHeaders | undefined,
): Promise<void> {
  const issues: SchemaIssue[] = []
  let unsent: ReplyBody
  for (let one: ReplyEncoder | undefined = first; one !== undefined; one = one.otherwise) {
    // Where it is the only one, encoding says more about what is wrong.
    if (first.otherwise !== undefined && !fits(one.kind, body)) {
      issues.push({ message: `expected ${one.kind === 'none' ? 'nothing' : one.kind}, got ${describe(body)}` })
      continue
    }
    try {
      await encodeAs(x, one, body, headers)
      await checkHeaders(x, one, x.reply as WireReply)
      return
    } catch (error) {
      unsent = x.reply?.body
      x.reply = undefined
      if (!(error instanceof ReplyMismatch)) throw error
      issues.push(...error.issues)
    }
  }
  letGo(unsent)
  throw new ReplyMismatch(x.operation, first.status, issues)
}

/** True where a body is of a kind; whether it is the JSON that is declared, its schema says. */
function fits(kind: ReplyEncoder['kind'], body: unknown): boolean {
  switch (kind) {
    case 'none':
      return body === undefined
    case 'text':
    case 'location':
      return typeof body === 'string'
    case 'bytes':
      return body instanceof Uint8Array
    case 'file':
      return body instanceof Blob
    case 'stream':
    case 'rows':
      return isPieces(body)
    case 'cursor':
    case 'offset':
      return Array.isArray((body as Partial<CursorPage<unknown>> | null | undefined)?.items)
    default:
      return body !== undefined
  }
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
    case 'json':
    case 'xml': {
      if (encoder.encode === undefined) {
        x.reply = valueReply(x, encoder, body).addAll(headers)
        checkUndeclared(x.operation, body, x.reply.body as string)
        return
      }
      const result = encoder.encode(body)
      if (result instanceof Promise) {
        return result.then((settled) => {
          x.reply = valueReply(x, encoder, encodedOf(x, encoder, settled)).addAll(headers)
        })
      }
      x.reply = valueReply(x, encoder, encodedOf(x, encoder, result)).addAll(headers)
      return
    }
    case 'cursor':
    case 'offset':
      return encodePage(x, encoder, body as CursorPage<unknown> | OffsetPage<unknown>, headers)
    case 'rows': {
      const chosen = (encoder.choose as Choose)(x.request.header('accept'))
      if (!isPieces(body)) throw new Error(`${x.operation} returned ${describe(body)} where its reply is rows()`)
      return rowsReply(x, encoder, chosen, body).then((pieces) => {
        x.reply = new WireReply(encoder.status, pieces, ['content-type', chosen.mediaType])
        x.reply.addAll(headers)
      })
    }
    case 'none':
      x.reply = new WireReply(encoder.status, undefined, []).addAll(headers)
      return
    case 'location':
      if (typeof body !== 'string') throw new Error(`${x.operation} must return the address to redirect to, a string`)
      x.reply = new WireReply(encoder.status, undefined, ['location', asciiAddress(body)]).addAll(headers)
      return
    case 'text':
    case 'bytes':
    case 'stream':
    case 'file':
      x.reply = new WireReply(encoder.status, plainBody(x, encoder, body), ['content-type', contentType(encoder, body)])
      if (body instanceof File) describeFile(x, x.reply, body)
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

function valueReply(x: Exchange, encoder: ReplyEncoder, value: unknown): WireReply {
  const chosen = encoder.choose?.(x.request.header('accept'))
  const text = chosen === undefined ? JSON.stringify(value) : chosen.whole(value)
  if (text === undefined) throw new Error(`${x.operation} returned a ${typeof value}, which JSON cannot carry`)
  const reply = new WireReply(encoder.status, text, ['content-type', chosen?.mediaType ?? encoder.mediaType])
  if (encoder.location !== undefined) {
    const location = encoder.location(x.request.path, value)
    if (location !== undefined) reply.fields.push('location', asciiAddress(underPrefix(x.request.prefix, location)))
  }
  return reply
}

/** The pieces of rows, of which the first is there: what fails before it is a failure with a status of its own. */
async function rowsReply(
  x: Exchange,
  encoder: ReplyEncoder,
  chosen: Representation,
  body: object,
): Promise<AsyncIterable<Chunk>> {
  const isEncoded = body instanceof EncodedRows
  const written = isEncoded && chosen.form !== undefined ? await body.written(chosen.form, x.signal) : undefined
  if (written !== undefined) return written
  const writer = (isEncoded && body.keys && chosen.rowsWith?.(body.keys)) || chosen.rows
  const pieces = new RowPieces(itemsOf(body), encodeRow(x, encoder), writer)
  await pieces.begin()
  return pieces
}

/** The check of a row, which says which one it was. */
function encodeRow(x: Exchange, encoder: ReplyEncoder): Validate {
  const encode = encoder.encode as Validate
  let index = -1
  const checked = (result: SchemaResult<unknown>, at: number): SchemaResult<unknown> => {
    if (result.issues === undefined) return result
    const issues = result.issues.map((issue) => ({ ...issue, path: [at, ...(issue.path ?? [])] }))
    throw new ReplyMismatch(x.operation, encoder.status, issues)
  }
  return (item) => {
    index++
    const at = index
    const result = encode(item)
    return result instanceof Promise ? result.then((settled) => checked(settled, at)) : checked(result, at)
  }
}

function encodePage(
  x: Exchange,
  encoder: ReplyEncoder,
  page: CursorPage<unknown> | OffsetPage<unknown>,
  headers: ReplyHeaders | undefined,
): void | Promise<void> {
  const encoded = page instanceof EncodedPage ? page.text : undefined
  if (encoded !== undefined) {
    const chosen = encoder.choose?.(x.request.header('accept'))
    if (chosen === undefined || chosen.form === 'json') {
      const { next_cursor } = page as CursorPage<unknown>
      const text = `{"items":${encoded},"next_cursor":${JSON.stringify(next_cursor)}}`
      const mediaType = chosen?.mediaType ?? encoder.mediaType
      return sendPage(x, new WireReply(encoder.status, text, ['content-type', mediaType]), page, headers)
    }
  }
  if (!Array.isArray(page?.items)) throw new Error(`${x.operation} must return a page: { items, … }`)
  const whole = (items: readonly unknown[]): CursorPage<unknown> | OffsetPage<unknown> =>
    encoder.kind === 'offset'
      ? { items, total: (page as OffsetPage<unknown>).total }
      : { items, next_cursor: (page as CursorPage<unknown>).next_cursor ?? null }
  const send = (items: readonly unknown[]): void => {
    const given = whole(items)
    sendPage(x, valueReply(x, encoder, given), given, headers)
  }
  const { encode } = encoder
  if (encode === undefined) return send(page.items)
  const results = page.items.map((item) => encode(item))
  if (results.some((one) => one instanceof Promise)) {
    return Promise.all(results).then((settled) => send(encodedItems(x, encoder, settled)))
  }
  send(encodedItems(x, encoder, results as SchemaResult<unknown>[]))
}

function encodedItems(x: Exchange, encoder: ReplyEncoder, results: readonly SchemaResult<unknown>[]): unknown[] {
  return results.map((result, i) => {
    if (result.issues === undefined) return result.value
    const at = (issue: SchemaIssue): SchemaIssue => ({ ...issue, path: ['items', i, ...(issue.path ?? [])] })
    throw new ReplyMismatch(x.operation, encoder.status, result.issues.map(at))
  })
}

function sendPage(
  x: Exchange,
  reply: WireReply,
  page: CursorPage<unknown> | OffsetPage<unknown>,
  headers: ReplyHeaders | undefined,
): void {
  const links = pageLinks(x.request, x.context.query, page)
  if (links !== undefined) reply.set('link', links)
  x.reply = reply.addAll(headers)
}

function plainBody(x: Exchange, encoder: ReplyEncoder, body: unknown): ReplyBody {
  if (!fits(encoder.kind, body))
    throw new Error(`${x.operation} returned ${describe(body)} where its reply is ${encoder.kind}()`)
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

/**
 * What a file says of itself: its name, and when it was changed, by which, and by its length, its version is known. A file
 * that says it was changed just now was made for this reply, or may change once more in this second (RFC 9110 §8.8.2.2).
 */
function describeFile({ request }: Exchange, reply: WireReply, { name, size, lastModified }: File): void {
  reply.set('content-disposition', disposition(name))
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isRead || !(lastModified < Date.now() - 1000)) return
  reply.set('last-modified', new Date(lastModified).toUTCString())
  reply.set('etag', `"${size.toString(36)}-${Math.floor(lastModified).toString(36)}"`)
}

/** The name of a download, in both forms of RFC 6266 §4.3. */
function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\/]/g, '_')
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, escapeMark)}`
}

function escapeMark(mark: string): string {
  return `%${mark.charCodeAt(0).toString(16).toUpperCase()}`
}

/** Paths in a contract are the API's own: its callers have them under what a proxy takes off. */
function underPrefix(prefix: string, address: string): string {
  return prefix !== '' && /^\/(?!\/)/.test(address) ? prefix + address : address
}

const PLAIN_ADDRESS = /^[\w./~-]*$/

/** Escapes what a URI cannot hold (RFC 3986 §2). What comes of it is a field value as it is: no CR, no LF, all ASCII. */
function asciiAddress(address: string): string {
  // Nearly every address: the search below costs 4 µs.
  if (PLAIN_ADDRESS.test(address)) return address
  return address.toWellFormed().replace(/[^\x21-\x7e]+|["<>\\^`{|}]|%(?![0-9a-f]{2})/giu, encodeURIComponent)
}
