import type { Content, ContentKind } from '../contract/content.ts'
import { RESERVED } from '../contract/context.ts'
import { type PageQuery, isPageQuery } from '../contract/page.ts'
import { paramNames, parsePath } from '../contract/path.ts'
import { type AnyProblem, PROBLEM_MEMBERS } from '../contract/problem.ts'
import type { ReplySpec } from '../contract/reply-spec.ts'
import { type AnySchema, type Schema, isSchema } from '../contract/schema.ts'
import type { Operation } from '../contract/walk.ts'
import type { DependencyFault } from './dependency-order.ts'
import { replySpecs } from './encoder.ts'
import { declaredFaults } from './faults.ts'
import { fieldsOf } from './text-kind.ts'
import { unsendable } from './unsendable.ts'

/** One thing that keeps an API from starting: where it is, what is wrong, how to mend it. */
export interface Fault {
  readonly operation: string
  readonly method: string
  readonly path: string
  /** The part of the declaration: `params.id`, `use.query`, `body.paid_at`. */
  readonly field: string
  readonly what: string
  readonly mend: string
}

/** Thrown at start-up with everything that is wrong with an API, not only the first. */
export class StartError extends Error {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const lines = faults.map(
      ({ operation, method, path, field, what, mend }) =>
        `  ${method} ${path} (${operation})\n    ${field}: ${what}\n    → ${mend}`,
    )
    const many = faults.length === 1 ? 'one fault' : `${faults.length} faults`
    super(`The API cannot start: ${many} in its declaration.\n${lines.join('\n')}`)
    this.faults = faults
  }

  override get name(): string {
    return 'StartError'
  }
}

type Note = (field: string, what: string, mend: string) => void

/** Where a fault is noted for an operation. */
export function noteFor(operation: Operation, faults: Fault[]): Note {
  const { id, method, path } = operation
  return (field, what, mend) => faults.push({ operation: id, method, path, field, what, mend })
}

/**
 * Checks that a path can be matched and that no other operation answers the same requests.
 *
 * @param shapes operations seen so far, by method and path without the names of parameters.
 * @returns false where the path is so broken that nothing else can be checked.
 */
export function checkPath(operation: Operation, shapes: Map<string, Operation>, note: Note): boolean {
  let shape: string
  try {
    const segments = parsePath(operation.path)
    shape = segments.map((segment) => (segment.kind === 'literal' ? `=${segment.text}` : segment.kind)).join('/')
  } catch (error) {
    note('path', (error as Error).message, 'mend the path')
    return false
  }
  const key = `${operation.method} ${shape}`
  const taken = shapes.get(key)
  if (taken === undefined) shapes.set(key, operation)
  else
    note(
      'path',
      `${taken.id} (${taken.path}) answers the same requests`,
      'change the path or the method of one of them',
    )
  return true
}

/** Checks that no other operation has the same name in OpenAPI, where names must be unique (OpenAPI 3.1 §4.8.10). */
export function checkOperationId(operation: Operation, ids: Map<string, Operation>, note: Note): void {
  if (operation.hidden) return
  const taken = ids.get(operation.operationId)
  if (taken === undefined) ids.set(operation.operationId, operation)
  else note('operationId', `"${operation.operationId}" is that of ${taken.id} too`, 'give one of them another')
}

/** Checks what one operation declares. */
export function diagnose(operation: Operation, dependencies: readonly DependencyFault[], note: Note): void {
  const { spec, endpoint, method } = operation
  if (endpoint.handler === undefined) {
    note('handler', 'this endpoint has none', 'give one as the last argument, or with implement(contract, handlers)')
  }
  for (const name of Object.keys(spec.use ?? {})) {
    if ((RESERVED as readonly string[]).includes(name)) {
      note(`use.${name}`, `"${name}" is a name the handler's context has already`, 'call the dependency something else')
    }
  }
  for (const { way, what, mend } of dependencies) note(`use.${way}`, what, mend)
  if (spec.body !== undefined && (method === 'GET' || method === 'HEAD')) {
    note(
      'body',
      `a ${method} request has no body that anybody agrees on (RFC 9110 §9.3)`,
      'use post, or query for a safe method with a body',
    )
  }
  checkParams(operation, note)
  checkLimits(operation, note)
  for (const part of ['params', 'query', 'headers', 'cookies'] as const) {
    if (spec[part] !== undefined) checkSchema(part, spec[part], 'text', note)
  }
  if (spec.body !== undefined) checkBody('body', spec.body, note)
  const replies = replySpecs(operation)
  for (const reply of replies) checkReply(reply, note)
  checkAlternatives(replies, note)
  for (const type of new Set(declaredFaults(operation))) checkProblem(type, note)
}

function checkProblem({ code, extra }: AnyProblem, note: Note): void {
  if (extra === undefined) return
  for (const name of fieldsOf(extra as AnySchema)?.keys() ?? []) {
    if (PROBLEM_MEMBERS.includes(name)) {
      note(
        `throws ${code}.${name}`,
        `every problem document has a member "${name}" of its own`,
        'call this one something else',
      )
    }
  }
}

function checkParams(operation: Operation, note: Note): void {
  const { params } = operation.spec
  if (params === undefined) return
  const names = paramNames(operation.path)
  const fields = fieldsOf(params)
  if (fields === undefined) return
  for (const name of names) {
    if (!fields.has(name))
      note(`params.${name}`, `the path has {${name}}, but the schema does not`, `add "${name}" to the schema`)
  }
  for (const name of fields.keys()) {
    if (!names.includes(name)) {
      note(
        `params.${name}`,
        `the schema has "${name}", but the path does not`,
        `write {${name}} in the path, or take it out of the schema`,
      )
    }
  }
}

/** The longest that a timer can wait; a longer one fires at once. */
const LONGEST = 2 ** 31 - 1

function checkLimits({ limits }: Operation, note: Note): void {
  for (const [name, value] of Object.entries(limits)) {
    const whole = Number.isInteger(value) || (value === Number.POSITIVE_INFINITY && name !== 'timeout')
    if (whole && value >= 0 && (name !== 'timeout' || value <= LONGEST)) continue
    const mend = name === 'timeout' ? `use whole milliseconds up to ${LONGEST}, or 0 for none` : 'use a whole number'
    note(`limits.${name}`, `${value} is no limit`, mend)
  }
}

function checkPageQuery(field: string, { size, fields, mode }: PageQuery, note: Note): void {
  if (size.usual > size.most) {
    note(field, `${size.usual} items are usual, but ${size.most} the most`, 'give { usual, most } that go together')
  }
  for (const name of ['limit', mode]) {
    if (Object.hasOwn(fields, name)) {
      note(`${field}.${name}`, 'a page has a field of this name already', 'call yours something else')
    }
  }
}

function checkReply(reply: ReplySpec, note: Note): void {
  const { status, body, headers } = reply
  const field = `returns ${status}`
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    note(field, `${status} is no status of a reply`, 'use a whole number from 200 to 599')
  }
  if (headers !== undefined) checkSchema(`${field} headers`, headers, 'text', note)
  if (body === undefined || body === 'location') return
  if (status === 204 || status === 205 || status === 304) {
    note(
      field,
      `a ${status} reply has no body (RFC 9110 §6.4.1)`,
      'leave the body out: noContent(), or status(304, undefined)',
    )
  }
  checkBody(field, body as AnySchema | Content, note)
}

/** A caller tells replies of one status apart by their media type alone. */
function checkAlternatives(replies: readonly ReplySpec[], note: Note): void {
  const kinds = new Map<string, string>()
  const empty = new Set(replies.filter(({ body }) => body === undefined).map(({ status }) => status))
  for (const { status, body } of replies) {
    if (body === undefined || body === 'location') continue
    if (empty.delete(status)) {
      note(`returns ${status}`, 'has a body and has none', 'give one of them another status: noContent() is 204')
    }
    const { kind = 'json', mediaType = 'application/json' } = isSchema(body) ? {} : (body as Content)
    const travels = kind === 'cursor' || kind === 'offset' ? 'json' : kind
    const key = `${status} ${mediaType}`
    const before = kinds.get(key)
    kinds.set(key, before ?? travels)
    if (before === undefined || before === travels) continue
    note(
      `returns ${status}`,
      `${mediaType} is both ${before} and ${travels}: a caller cannot tell which`,
      'give one of them another status or another media type',
    )
  }
}

/** Which way each kind of body can travel. */
const WAYS: Readonly<Record<ContentKind, 'both' | 'in' | 'out'>> = {
  json: 'both',
  text: 'both',
  bytes: 'both',
  stream: 'both',
  form: 'in',
  file: 'out',
  cursor: 'out',
  offset: 'out',
}

function checkBody(field: string, body: AnySchema | Content, note: Note): void {
  const way = field === 'body' ? 'in' : 'out'
  if (isSchema(body)) return checkSchema(field, body, way === 'in' ? 'input' : 'output', note)
  const { is, kind, schema } = body as Content
  if (is !== 'content')
    return note(field, 'is neither a schema nor a content type', 'give it a schema, or a content type such as text()')
  if (WAYS[kind] !== 'both' && WAYS[kind] !== way) {
    const [what, mend] =
      way === 'in'
        ? [`${kind}(…) is only for replies`, 'take stream() or bytes()']
        : [`${kind}(…) is only for request bodies`, 'answer with a schema or text()']
    return note(field, what, mend)
  }
  if (schema === undefined) return
  if (!isSchema(schema)) {
    return note(field, `${kind}(…) was given something that is no schema`, 'give it a zod, valibot or arktype schema')
  }
  checkSchema(field, schema, kind === 'form' ? 'text' : way === 'in' ? 'input' : 'output', note)
}

/** Notes what the wire cannot carry: dates, maps, functions in JSON; what JSON Schema cannot describe. */
function checkSchema(field: string, schema: AnySchema, side: 'text' | 'input' | 'output', note: Note): void {
  if (!isSchema(schema)) {
    return note(field, 'is not a schema', 'give it a zod, valibot or arktype schema')
  }
  if (isPageQuery(schema)) {
    checkPageQuery(field, schema, note)
    for (const [name, one] of Object.entries(schema.fields)) checkSchema(`${field}.${name}`, one, side, note)
    return
  }
  if ('_zod' in schema) {
    for (const { path, what, mend } of unsendable(schema as never, side)) {
      note([field, ...path].join('.'), what, mend)
    }
    return
  }
  try {
    ;(schema as Schema)['~standard'].jsonSchema?.[side === 'output' ? 'output' : 'input']({ target: 'draft-2020-12' })
  } catch (error) {
    note(field, `has no JSON form: ${(error as Error).message}`, 'use types that JSON has')
  }
}
