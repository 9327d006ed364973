import type { MultipartIn, MultipartSent } from './multipart.ts'
import type { CursorPage, OffsetPage } from './page.ts'
import type { Decoded, Encodable, Received, AnySchema, Sent } from './schema.ts'

/** How a body travels: its media type and, for JSON and forms, the schema of its value. */
export interface Content<Kind extends ContentKind = ContentKind, S = unknown> {
  readonly is: 'content'
  readonly kind: Kind
  readonly mediaType: string
  readonly schema: S
}

export type ContentKind =
  | 'json'
  | 'form'
  | 'multipart'
  | 'xml'
  | 'text'
  | 'bytes'
  | 'stream'
  | 'file'
  | 'cursor'
  | 'offset'
  | 'rows'

/** What a body of a request is declared with: a bare schema is JSON. Of a list, `Content-Type` says which it is. */
export type BodyDeclared = AnySchema | Content | readonly (AnySchema | Content)[]

/** A piece of a streamed body. Strings are sent as UTF-8. */
export type Chunk = string | Uint8Array

/** Items one after the other, as a handler gives them. */
export type Rows<Item> = AsyncIterable<Item> | Iterable<Item> | ReadableStream<Item>

/** For the builders of bodies. */
export function content<Kind extends ContentKind, S>(kind: Kind, mediaType: string, schema: S): Content<Kind, S> {
  return Object.freeze({ is: 'content', kind, mediaType, schema })
}

/**
 * A JSON body under a media type of your own. A bare schema means `application/json`.
 *
 * @example
 * post('/patch', { body: json(Patch, 'application/merge-patch+json') })
 */
export function json<S extends AnySchema>(schema: S, mediaType = 'application/json'): Content<'json', S> {
  return content('json', mediaType, schema)
}

/**
 * An HTML form body (`application/x-www-form-urlencoded`, WHATWG URL §5). Fields are turned into the
 * types the schema asks for; a repeated field is an array where the schema has one.
 */
export function form<S extends AnySchema>(schema: S): Content<'form', S> {
  return content('form', 'application/x-www-form-urlencoded', schema)
}

/**
 * An XML body. Fields are elements of their name, an array is its element repeated, text is turned into what the schema
 * asks for. Where the same value is JSON too, say so with `formats`, or in a list: `body: [Order, xml(Order)]`.
 *
 * @example
 * post('/feed', { body: xml(Feed, 'application/vnd.feed+xml') })
 */
export function xml<S extends AnySchema>(schema: S, mediaType = 'application/xml'): Content<'xml', S> {
  return content('xml', mediaType, schema)
}

/**
 * A reply of as many items as there are, each encoded while it goes: nothing is held whole. The handler returns any
 * iterable of items. Callers choose between a JSON array, NDJSON and CSV by `Accept`, unless `formats` says otherwise.
 * What fails half-way breaks the connection off, so that nobody takes the half for the whole.
 *
 * @example
 * get('/export', { returns: rows(Order) }, ({ signal }) => orders.all(signal))
 */
export function rows<S extends AnySchema>(item: S): Content<'rows', S> {
  return content('rows', 'application/json', item)
}

/** A text body, UTF-8. The handler receives or returns a string. */
export function text(mediaType = 'text/plain'): Content<'text', undefined> {
  return content('text', mediaType, undefined)
}

/** A body of bytes, held in memory. The handler receives or returns a `Uint8Array`. */
export function bytes(mediaType = 'application/octet-stream'): Content<'bytes', undefined> {
  return content('bytes', mediaType, undefined)
}

/**
 * A body in pieces, never held whole. As a request body the handler receives a
 * `ReadableStream<Uint8Array>`; as a reply it returns any iterable of strings or bytes.
 */
export function stream(mediaType = 'application/octet-stream'): Content<'stream', undefined> {
  return content('stream', mediaType, undefined)
}

/**
 * A reply that is a file. The handler returns a `Blob` or `File` (in Node: `fs.openAsBlob(path)`,
 * which reads lazily); its size becomes Content-Length, a `File`'s name becomes Content-Disposition.
 */
export function file(mediaType = 'application/octet-stream'): Content<'file', undefined> {
  return content('file', mediaType, undefined)
}

/** The handler's side of a request body. */
export type BodyIn<C> = C extends { readonly _zod: { readonly output: infer Out } }
  ? Out
  : C extends readonly unknown[]
    ? BodyInOne<C[number]>
    : BodyInOne<C>

/** What a list holds is no list. */
type BodyInOne<C> =
  C extends Content<infer Kind, infer S>
    ? Kind extends 'json' | 'form' | 'xml'
      ? Decoded<S>
      : Kind extends 'text'
        ? string
        : Kind extends 'bytes'
          ? Uint8Array
          : Kind extends 'multipart'
            ? MultipartIn<S>
            : ReadableStream<Uint8Array>
    : Decoded<C>

/** The caller's side of a request body; of a list the typed client sends the first. */
export type BodySent<C> = C extends readonly [infer First, ...unknown[]] ? BodySentOne<First> : BodySentOne<C>

type BodySentOne<C> =
  C extends Content<infer Kind, infer S>
    ? Kind extends 'json' | 'form'
      ? Sent<S>
      : Kind extends 'text' | 'xml'
        ? string
        : Kind extends 'multipart'
          ? MultipartSent<S>
          : Uint8Array | Blob | ReadableStream<Uint8Array>
    : Sent<C>

/** The handler's side of a reply body. */
export type BodyOut<C> = C extends { readonly _zod: { readonly output: infer Out } }
  ? Out
  : C extends Content<infer Kind, infer S>
    ? Kind extends 'json' | 'form' | 'xml'
      ? Encodable<S>
      : Kind extends 'text'
        ? string
        : Kind extends 'bytes'
          ? Uint8Array
          : Kind extends 'file'
            ? Blob
            : Kind extends 'cursor'
              ? CursorPage<Encodable<S>>
              : Kind extends 'offset'
                ? OffsetPage<Encodable<S>>
                : Kind extends 'rows'
                  ? Rows<Encodable<S>>
                  : AsyncIterable<Chunk> | Iterable<Chunk> | ReadableStream<Chunk>
    : Encodable<C>

/** The caller's side of a reply body. */
export type BodyReceived<C> =
  C extends Content<infer Kind, infer S>
    ? Kind extends 'json' | 'form'
      ? Received<S>
      : Kind extends 'text' | 'xml'
        ? string
        : Kind extends 'bytes'
          ? Uint8Array
          : Kind extends 'file'
            ? Blob
            : Kind extends 'cursor'
              ? CursorPage<Received<S>>
              : Kind extends 'offset'
                ? OffsetPage<Received<S>>
                : Kind extends 'rows'
                  ? AsyncIterable<Received<S>>
                  : ReadableStream<Uint8Array>
    : Received<C>
