import type { Content } from '../contract/content.ts'
import { parsePath } from '../contract/path.ts'
import { contentOf } from '../contract/formats.ts'
import type { LocationOf, ReplySpec } from '../contract/reply-spec.ts'
import type { AnySchema } from '../contract/schema.ts'
import type { Operation } from '../contract/walk.ts'
import { type TextDecoderOf, textDecoder } from './decoder.ts'
import { offersOf } from './offers.ts'
import { replySpecs } from './reply-specs.ts'
import type { Choose } from './representations.ts'
import type { SchemaNamer } from './schema-id.ts'
import { trimmedCheck } from './trimmed-check.ts'
import { type Validate, type Zod, validator, zodEncoder } from './validator.ts'
import { holdsCodec, isZodSchema } from './zod-schema.ts'

/** How what a handler returned becomes a reply of one status. */
export interface ReplyEncoder {
  readonly status: number
  readonly kind: Content['kind'] | 'location' | 'none'
  /** The whole Content-Type value. */
  readonly mediaType: string
  /** Chooses the form of a value, where it has another than JSON. */
  readonly choose: Choose | undefined
  /** Checks and encodes a value, or each item of a page or of rows. */
  readonly encode: Validate | undefined
  /** The `Location` of something created, from the request's path and the encoded body. */
  readonly location: ((path: string, body: unknown) => string | undefined) | undefined
  /** Reads header fields, where the reply declares any. */
  readonly headers: TextDecoderOf | undefined
  /** The next reply of this status: a value that this one does not take may be that. */
  readonly otherwise: ReplyEncoder | undefined
}

const NOTHING: Omit<ReplyEncoder, 'status'> = {
  kind: 'none',
  mediaType: '',
  choose: undefined,
  encode: undefined,
  location: undefined,
  headers: undefined,
  otherwise: undefined,
}

/** The replies of an endpoint that declares none: a value as JSON, or nothing. */
const UNDECLARED: readonly ReplyEncoder[] = [
  { ...NOTHING, status: 200, kind: 'json', mediaType: 'application/json' },
  { ...NOTHING, status: 204 },
]

/** Compiles an operation's replies, the one for a plain value first. */
export function compileEncoders(
  operation: Operation,
  operations: readonly Operation[],
  zod: Zod | undefined,
  forms: Forms | undefined,
): readonly ReplyEncoder[] {
  const specs = replySpecs(operation)
  if (specs.length === 0) return UNDECLARED
  const encoders: ReplyEncoder[] = []
  for (const spec of specs.toReversed()) {
    const otherwise = encoders.find(({ status }) => status === spec.status)
    encoders.unshift({ ...encoder(spec, operation, operations, zod, forms), otherwise })
  }
  return encoders
}

function encoder(
  spec: ReplySpec,
  operation: Operation,
  operations: readonly Operation[],
  zod: Zod | undefined,
  forms: Forms | undefined,
): ReplyEncoder {
  const { status, body } = spec
  const headers = spec.headers === undefined ? undefined : textDecoder(spec.headers, zod)
  if (body === undefined || body === 'location') return { ...NOTHING, status, kind: body ?? 'none', headers }
  const content = contentOf(body)
  const { kind, mediaType, schema } = content
  return {
    ...NOTHING,
    status,
    kind,
    headers,
    mediaType: kind === 'text' && !/;\s*charset=/i.test(mediaType) ? `${mediaType}; charset=utf-8` : mediaType,
    choose: chooser(content, operation, forms),
    encode: schema === undefined ? undefined : encoding(schema as AnySchema, zod),
    location: status === 201 ? location(spec, operation, operations) : undefined,
  }
}

/** What is loaded only where values travel in other forms than JSON. */
export interface Forms {
  readonly compile: typeof import('./representations.ts')
  /** The name that a schema has. */
  readonly nameOf: SchemaNamer
}

/** undefined where a reply is JSON and nothing else, which needs no choice. */
function chooser(content: Content, operation: Operation, forms: Forms | undefined): Choose | undefined {
  if (forms === undefined) return undefined
  const { compile, nameOf } = forms
  const root = nameOf(content.schema)
  if (content.kind === 'xml') {
    const only = compile.compileXml(content, root)
    return () => only
  }
  const offers = offersOf(content, operation.formats)
  if (offers === undefined) return undefined
  const isJson = offers.length === 1 && offers[0]?.name === 'json'
  return isJson && content.kind !== 'rows' ? undefined : compile.compileChoice(content, offers, root)
}

/** Of codecs in a problem that nobody declared, where zod is not loaded: forward they would give something else. */
const NO_WAY_BACK: Validate = () => ({ issues: [{ message: 'zod is not loaded' }] })

/** A zod schema with a codec encodes, output to input; any other is parsed, which drops what it does not declare. */
export function encoding(schema: AnySchema, zod: Zod | undefined): Validate {
  if (isZodSchema(schema) && holdsCodec(schema)) return zod === undefined ? NO_WAY_BACK : zodEncoder(schema, zod)
  return trimmedCheck(schema) ?? validator(schema, zod)
}

/**
 * The operation that reads what this one creates: GET with this path and one parameter more. `Location`
 * leads there.
 */
export function readerOf(operation: Operation, operations: readonly Operation[]): Operation | undefined {
  const depth = parsePath(operation.path).length
  const base = operation.path === '/' ? '' : operation.path
  return operations.find(({ method, path }) => {
    if (method !== 'GET' || !path.startsWith(`${base}/{`)) return false
    const segments = parsePath(path)
    return segments.length === depth + 1 && segments.at(-1)?.kind === 'param'
  })
}

function location(spec: ReplySpec, operation: Operation, operations: readonly Operation[]): ReplyEncoder['location'] {
  const give = spec.location as ((body: unknown) => LocationOf) | undefined
  const reader = readerOf(operation, operations)
  const last = reader === undefined ? undefined : parsePath(reader.path).at(-1)
  const name = last?.kind === 'param' ? last.name : undefined
  if (give === undefined && name === undefined) return undefined
  return (path, body) => {
    const given = give === undefined ? (body as Readonly<Record<string, unknown>> | null) : give(body)
    if (typeof given === 'string') return given
    const value = name === undefined ? undefined : given?.[name]
    if (typeof value !== 'string' && typeof value !== 'number') return undefined
    return `${path === '/' ? '' : path}/${encodeURIComponent(String(value).toWellFormed())}`
  }
}
