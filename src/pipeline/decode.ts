import {
  type BodyDecoder,
  type Decoders,
  type MultipartDecoder,
  type TextDecoderOf,
  paramsOf,
  put,
  readForm,
} from '../compile/decoder.ts'
import { Malformed } from '../compile/malformed.ts'
import type { Limits } from '../compile/plan.ts'
import type { Validate } from '../compile/validator.ts'
import { addFieldErrors } from '../contract/field-errors.ts'
import { cookiesOf } from '../contract/cookies.ts'
import type { FieldError } from '../contract/problem.ts'
import { InvalidInput, MalformedBody, UnsupportedMediaType } from '../contract/problems.ts'
import type { SchemaResult } from '../contract/schema.ts'
import { decodedBody } from './decoded-body.ts'
import { essence } from './media-type.ts'
import type { Context, Exchange } from './exchange.ts'
import type { FormParts } from './multipart/form-parts.ts'
import type { ReadMultipart } from './multipart/form-reader.ts'

type Part = 'params' | 'query' | 'headers' | 'cookies' | 'body'

/** What decoding one request gathers: every refused field, and the parts whose schemas take their time. */
class Decoding {
  readonly errors: FieldError[] = []
  #waiting: Promise<void>[] | undefined = undefined

  settle(context: Context, part: Part, input: unknown, validate: Validate): void {
    const result = validate(input)
    if (result instanceof Promise) this.wait(result.then((settled) => this.#take(context, part, input, settled)))
    else this.#take(context, part, input, result)
  }

  /** Waits for work in the end. It is heard from now on: it may fail while the body arrives, or where that is refused. */
  wait(work: Promise<void>): void {
    work.catch(() => {})
    this.#waiting ??= []
    this.#waiting.push(work)
  }

  #take(context: Context, part: Part, input: unknown, result: SchemaResult<unknown>): void {
    if (result.issues === undefined) context[part] = result.value
    else addFieldErrors(`/${part}`, result.issues, input, this.errors)
  }

  finish(): void | Promise<void> {
    if (this.#waiting !== undefined) return Promise.all(this.#waiting).then(() => this.#refuse())
    this.#refuse()
  }

  #refuse(): void {
    if (this.errors.length > 0) throw InvalidInput({ errors: this.errors })
  }
}

/**
 * Stage 6. Turns the parts of a request into what the handler gets. Every refused field of every part
 * is in one answer.
 *
 * @throws UnsupportedMediaType, ContentTooLarge, MalformedBody, InvalidInput
 */
export function decode(
  x: Exchange,
  decoders: Decoders,
  limits: Limits,
  readMultipart: ReadMultipart | undefined,
): void | Promise<void> {
  const decoding = new Decoding()
  const { context, request } = x
  const { params, query, headers, cookies, body } = decoders
  if (params !== undefined) {
    const values = paramsOf(params, x.pathValues)
    if (params.validate === undefined) context.params = values
    else decoding.settle(context, 'params', values, params.validate)
  }
  if (query !== undefined) {
    const fields = readForm('query', request.local, query, decoding.errors, request.pathEnd + 1)
    decoding.settle(context, 'query', fields, query.validate)
  }
  if (headers !== undefined) {
    decoding.settle(context, 'headers', readHeaders(x, headers, decoding.errors), headers.validate)
  }
  if (cookies !== undefined) {
    decoding.settle(
      context,
      'cookies',
      readCookies(request.header('cookie'), cookies, decoding.errors),
      cookies.validate,
    )
  }
  return body === undefined ? decoding.finish() : decodeBody(x, body, limits, decoding, readMultipart)
}

function readHeaders(x: Exchange, decoder: TextDecoderOf, errors: FieldError[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  if (decoder.fields === undefined) {
    for (const [name, value] of x.request.headers()) put('headers', values, name, value, decoder, errors)
    return values
  }
  for (const [name, field] of decoder.fields) {
    const value = x.request.header(name)
    if (value === undefined) continue
    values[name] = field.list ? value.split(',').map((item) => field.convert(item.trim())) : field.convert(value)
  }
  return values
}

/** Cookies (RFC 6265 §4.2.1). A cookie that comes twice keeps the first, which is the one of the longer path (§5.4). */
function readCookies(
  header: string | undefined,
  decoder: TextDecoderOf,
  errors: FieldError[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, raw] of cookiesOf(header)) {
    const bare = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw
    if (!Object.hasOwn(values, name)) put('cookies', values, name, unescapeCookie(bare), decoder, errors)
  }
  return values
}

function unescapeCookie(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text // not everybody escapes: a cookie may hold a bare "%"
  }
}

function decodeBody(
  x: Exchange,
  first: BodyDecoder,
  limits: Limits,
  decoding: Decoding,
  readMultipart: ReadMultipart | undefined,
): void | Promise<void> {
  const { request } = x
  if (!request.hasBody) {
    return withoutBody(x, first.otherwise === undefined ? first : namedBy(x, first), decoding)
  }
  const type = request.field('content-type')
  const decoder = type === first.mediaType ? first : decoderFor(x, type, first)
  const coding = request.field('content-encoding')
  const source = coding === undefined ? request : decodedBody(request, coding)
  if (decoder.kind === 'stream') {
    x.context.body = source.stream(limits.body)
    return decoding.finish()
  }
  if (decoder.kind === 'bytes') {
    const bytes = source.bytes(limits.body)
    if (bytes instanceof Promise) return x.awaitBody(bytes).then((all) => take(x, all, decoding))
    return take(x, bytes, decoding)
  }
  if (decoder.multipart !== undefined && readMultipart !== undefined) {
    if (source !== request) throw codedForm()
    const form = readMultipart(x, limits.body, decoding.errors)
    const { multipart } = decoder
    return x.awaitBody(form).then((parts) => takeForm(x, multipart, parts, decoding))
  }
  const text = source.text(limits.body)
  if (text instanceof Promise) return x.awaitBody(text).then((all) => decodeText(x, decoder, limits, decoding, all))
  return decodeText(x, decoder, limits, decoding, text)
}

function take(x: Exchange, body: Uint8Array | string, decoding: Decoding): void | Promise<void> {
  x.context.body = body
  return decoding.finish()
}

/** Files are taken as they come: what is packed would have to be unpacked before anything of it is known. */
function codedForm(): Error {
  const detail = 'A form of files is taken without a content coding: send it plain'
  return UnsupportedMediaType({ detail, headers: { 'accept-encoding': 'identity' } })
}

/** The decoder of what a request without a body calls it; the first where it does not say. */
function namedBy({ request }: Exchange, first: BodyDecoder): BodyDecoder {
  const given = essence(request.field('content-type'))
  for (let one: BodyDecoder | undefined = first; one !== undefined; one = one.otherwise) {
    if (given === one.mediaType) return one
  }
  return first
}

/** @throws UnsupportedMediaType where none takes the type. */
function decoderFor({ request }: Exchange, type: string | undefined, first: BodyDecoder): BodyDecoder {
  const given = essence(type)
  const taken: string[] = []
  for (let one: BodyDecoder | undefined = first; one !== undefined; one = one.otherwise) {
    if (given === one.mediaType) return one
    taken.push(one.mediaType)
  }
  const some = taken.join(' or ')
  const detail = type === undefined ? `Say what the body is: content-type: ${some}` : `Send the body as ${some}`
  const accept = taken.join(', ')
  // Of changes it has another name (RFC 5789 §2.2).
  const more: Readonly<Record<string, string>> = request.method === 'PATCH' ? { 'accept-patch': accept } : {}
  throw UnsupportedMediaType({ detail, headers: { accept, ...more } })
}

/** The text of a form is looked at by its schemas; its files are what they are. */
function takeForm(
  x: Exchange,
  { texts }: MultipartDecoder,
  parts: FormParts,
  decoding: Decoding,
): void | Promise<void> {
  const whole = (result: SchemaResult<unknown>): SchemaResult<unknown> => {
    if (result.issues === undefined) return { value: { ...(result.value as object), ...parts.files } }
    return { issues: result.issues.filter(({ path }) => !parts.refused.has(path?.[0] as string)) }
  }
  decoding.settle(x.context, 'body', parts.texts, (given) => {
    const result = texts.validate(given)
    return result instanceof Promise ? result.then(whole) : whole(result)
  })
  return decoding.finish()
}

/** No body at all: fine where the schema takes undefined, and empty text, bytes or form are values. */
function withoutBody(x: Exchange, decoder: BodyDecoder, decoding: Decoding): void | Promise<void> {
  const { context } = x
  if (decoder.kind === 'text') context.body = ''
  else if (decoder.kind === 'bytes') context.body = new Uint8Array()
  else if (decoder.kind === 'stream') context.body = new Blob([]).stream()
  else if (decoder.form !== undefined) decoding.settle(context, 'body', {}, decoder.form.validate)
  else if (decoder.multipart !== undefined) throw empty(decoder)
  else {
    const takeNothing = (result: SchemaResult<unknown>): void => {
      if (result.issues === undefined) context.body = result.value
      else throw empty(decoder)
    }
    const result = (decoder.validate as Validate)(undefined)
    if (result instanceof Promise) decoding.wait(result.then(takeNothing))
    else takeNothing(result)
  }
  return decoding.finish()
}

function empty({ mediaType }: BodyDecoder): Error {
  return MalformedBody({ detail: `The body is empty; ${mediaType} is expected` })
}

function decodeText(
  x: Exchange,
  decoder: BodyDecoder,
  limits: Limits,
  decoding: Decoding,
  text: string,
): void | Promise<void> {
  // A chunked body, which says its length last, may turn out to be none.
  if (text === '') return withoutBody(x, decoder, decoding)
  if (decoder.kind === 'text') return take(x, text, decoding)
  if (decoder.form !== undefined) {
    const fields = readForm('body', text, decoder.form, decoding.errors)
    decoding.settle(x.context, 'body', fields, decoder.form.validate)
  } else {
    let value: unknown
    try {
      value = decoder.parse(text, limits.depth)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      throw MalformedBody({ detail: error.message, cause: error })
    }
    decoding.settle(x.context, 'body', value, decoder.validate as Validate)
  }
  return decoding.finish()
}
