import type { Content } from '../contract/content.ts'
import { parsePath } from '../contract/path.ts'
import type { LocationOf, ReplySpec } from '../contract/reply-spec.ts'
import { type AnySchema, isSchema } from '../contract/schema.ts'
import type { Operation } from '../contract/walk.ts'
import { type TextDecoderOf, textDecoder } from './decoder.ts'
import { trimmedCheck } from './trimmed-check.ts'
import { type Validate, type Zod, validator, zodEncoder } from './validator.ts'
import { holdsCodec, isZodSchema } from './zod-schema.ts'

/** How what a handler returned becomes a reply of one status. */
export interface ReplyEncoder {
  readonly status: number
  readonly kind: Content['kind'] | 'location' | 'none'
  /** The whole Content-Type value. */
  readonly mediaType: string
  /** Checks and encodes a JSON value, or each item of a page. */
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
): readonly ReplyEncoder[] {
  const specs = replySpecs(operation)
  if (specs.length === 0) return UNDECLARED
  const encoders: ReplyEncoder[] = []
  for (const spec of specs.toReversed()) {
    const otherwise = encoders.find(({ status }) => status === spec.status)
    encoders.unshift({ ...encoder(spec, operation, operations, zod), otherwise })
  }
  return encoders
}

/** The replies an operation declares, each as a spec; a bare schema is 200. */
export function replySpecs(operation: Operation): readonly ReplySpec[] {
  const { returns } = operation.spec
  if (returns === undefined) return []
  const list = (Array.isArray(returns) ? returns : [returns]) as readonly (ReplySpec | AnySchema | Content)[]
  return list.map((one) => (isReplySpec(one) ? one : { is: 'reply', status: 200, body: one }))
}

/** True where callers may ask for parts of what an operation gives (RFC 9110 §14): of files, by GET. */
export function givesRanges(operation: Operation): boolean {
  return operation.method === 'GET' && replySpecs(operation).some(isWholeFile)
}

/** True for the reply that is a file, whole. */
export function isWholeFile({ status, body }: ReplySpec): boolean {
  const { is, kind } = Object(body) as Partial<Content>
  return status === 200 && is === 'content' && kind === 'file'
}

/** Nothing is assumed of `one`: start-up diagnostics ask, whose matter it is that it may be anything. */
function isReplySpec(one: unknown): one is ReplySpec {
  return (one as Partial<ReplySpec> | null | undefined)?.is === 'reply'
}

function encoder(
  spec: ReplySpec,
  operation: Operation,
  operations: readonly Operation[],
  zod: Zod | undefined,
): ReplyEncoder {
  const { status, body } = spec
  const headers = spec.headers === undefined ? undefined : textDecoder(spec.headers, zod)
  if (body === undefined || body === 'location') return { ...NOTHING, status, kind: body ?? 'none', headers }
  const { kind, mediaType, schema } = isSchema(body)
    ? { kind: 'json' as const, mediaType: 'application/json', schema: body as unknown }
    : (body as Content)
  return {
    ...NOTHING,
    status,
    kind,
    headers,
    mediaType: kind === 'text' && !/;\s*charset=/i.test(mediaType) ? `${mediaType}; charset=utf-8` : mediaType,
    encode: schema === undefined ? undefined : encoding(schema as AnySchema, zod),
    location: status === 201 ? location(spec, operation, operations) : undefined,
  }
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
