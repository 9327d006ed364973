import { canonical } from '../../compile/canonical.ts'
import { readerOf } from '../../compile/encoder.ts'
import { choiceOf } from '../../compile/offers.ts'
import { contentOf } from '../../contract/formats.ts'
import { REASON_PHRASES } from '../../contract/reason-phrases.ts'
import { givesRanges, isWholeFile } from '../../compile/reply-specs.ts'
import type { ReplySpec } from '../../contract/reply-spec.ts'
import type { Operation } from '../../contract/walk.ts'
import { mediaTypes, replyMediaTypes } from './bodies.ts'
import type { HeaderObject, JsonSchema, MediaType, ResponseObject } from './objects.ts'
import { pascal } from './json-schema.ts'
import { fieldsOf } from './parameters.ts'
import { repliesOf } from './schema-uses.ts'
import type { Schemas } from './schemas.ts'

const LOCATION: HeaderObject = { description: 'Where it is', schema: { type: 'string', format: 'uri-reference' } }
const VARY: HeaderObject = { description: 'That `Accept` chooses', schema: { type: 'string' } }
const ACCEPT_RANGES: HeaderObject = {
  description: 'That parts of it can be asked for',
  schema: { type: 'string', const: 'bytes' },
}
const CONTENT_RANGE: HeaderObject = {
  description: 'Which bytes these are, and of how many; of several ranges each part says it',
  schema: { type: 'string' },
}
const LINK: HeaderObject = { description: 'The pages next to this one (RFC 8288)', schema: { type: 'string' } }

/** The replies that an operation promises, by status. */
export function replyResponses(
  operation: Operation,
  operations: readonly Operation[],
  schemas: Schemas,
): Map<number, ResponseObject> {
  const found = new Map<number, ResponseObject>()
  const declared = repliesOf(operation.spec.returns)
  // An endpoint that promises nothing answers with JSON of any form, or with nothing.
  if (declared.length === 0) {
    const headers = policyHeaders(operation)
    const told = Object.keys(headers).length === 0 ? {} : { headers }
    found.set(200, { description: 'OK', ...told, content: { 'application/json': {} } })
    found.set(204, { description: 'No Content', ...told })
  }
  for (const [index, reply] of declared.entries()) {
    const hint = pascal(operation.id, index === 0 ? 'reply' : `reply.${reply.status}`)
    const response = responseOf(reply, hint, operation, operations, schemas)
    const before = found.get(reply.status)
    found.set(reply.status, before === undefined ? response : join(before, response))
  }
  if (givesRanges(operation)) describeRanges(found, declared.find(isWholeFile) as ReplySpec, schemas)
  const isMinimal = operation.policies.some(({ contract }) => contract.isMinimal)
  if (isMinimal && found.has(200) && !found.has(204)) {
    found.set(204, { description: 'No Content', headers: policyHeaders(operation) })
  }
  for (const { contract } of operation.policies) {
    for (const [status, { description, headers = {} }] of Object.entries(contract.replies ?? {})) {
      const told = Object.keys(headers).length === 0 ? {} : { headers: headersOf(headers) }
      if (!found.has(Number(status))) found.set(Number(status), { description, ...told })
    }
  }
  return found
}

/** A file, and what it is where parts of it are asked for (RFC 9110 §14). */
function describeRanges(found: Map<number, ResponseObject>, { body }: ReplySpec, schemas: Schemas): void {
  const whole = found.get(200) as ResponseObject
  const headers = { ...whole.headers, 'Accept-Ranges': ACCEPT_RANGES }
  found.set(200, { ...whole, headers })
  if (found.has(206)) return
  const part = mediaTypes(contentOf(body), 'reply', '', schemas)
  const several = mediaTypes({ ...contentOf(body), mediaType: 'multipart/byteranges' }, 'reply', '', schemas)
  found.set(206, {
    description: 'Partial Content',
    headers: { ...headers, 'Content-Range': CONTENT_RANGE },
    content: { ...part, ...several },
  })
}

/** The header fields that policies and its version add to successful replies. */
function policyHeaders({ policies, version }: Operation): Record<string, HeaderObject> {
  const told = version && {
    [version.of.header]: { description: 'The version that this is of', schema: { const: version.name } },
  }
  return Object.assign({}, told, ...policies.map(({ contract }) => headersOf(contract.replyHeaders ?? {})))
}

function headersOf(declared: Readonly<Record<string, object>>): Record<string, HeaderObject> {
  const headers: Record<string, HeaderObject> = {}
  for (const [name, schema] of Object.entries(declared)) {
    const { description, ...rest } = schema as JsonSchema
    headers[name] = { ...(typeof description === 'string' ? { description } : {}), schema: rest }
  }
  return headers
}

function responseOf(
  reply: ReplySpec,
  hint: string,
  operation: Operation,
  operations: readonly Operation[],
  schemas: Schemas,
): ResponseObject {
  const headers: Record<string, HeaderObject> = {}
  const hasBody = reply.body !== undefined && reply.body !== 'location'
  const content = hasBody ? contentOf(reply.body) : undefined
  const leads = reply.status === 201 && (reply.location !== undefined || readerOf(operation, operations) !== undefined)
  if (leads || reply.body === 'location') headers.Location = LOCATION
  const paged = content?.kind === 'cursor' || content?.kind === 'offset'
  const isOfItems = paged || content?.kind === 'rows'
  if (paged) headers.Link = LINK
  for (const [name, field] of Object.entries(fieldsOf(reply.headers, `${hint}Headers`, schemas, 'reply'))) {
    const { description, ...schema } = field.schema
    headers[name] = {
      ...(typeof description === 'string' ? { description } : {}),
      ...(field.required ? { required: true } : {}),
      schema,
    }
  }
  if (content !== undefined && choiceOf(operation) !== undefined) headers.Vary = VARY
  if (reply.status >= 200 && reply.status < 300) {
    Object.assign(headers, policyHeaders(operation))
  }
  const itemHint = pascal(operation.id, 'item')
  return {
    description: reply.description ?? REASON_PHRASES[reply.status] ?? `Status ${reply.status}`,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    // HEAD answers with the header fields alone (RFC 9110 §9.3.2).
    ...(content === undefined || operation.method === 'HEAD'
      ? {}
      : { content: replyMediaTypes(content, operation, isOfItems ? itemHint : hint, schemas) }),
  }
}

/** Two replies of one status: the caller gets either. */
function join(first: ResponseObject, second: ResponseObject): ResponseObject {
  const content: Record<string, MediaType> = { ...first.content }
  for (const [mediaType, more] of Object.entries(second.content ?? {})) {
    const known = content[mediaType]
    content[mediaType] =
      known === undefined ? more : { ...known, schema: either(known.schema ?? {}, more.schema ?? {}) }
  }
  const headers = joinHeaders(first.headers ?? {}, second.headers ?? {})
  return {
    description:
      first.description === second.description ? first.description : `${first.description}; ${second.description}`,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(Object.keys(content).length > 0 ? { content } : {}),
  }
}

/** A field is there for sure where both replies have it for sure. */
function joinHeaders(
  first: Readonly<Record<string, HeaderObject>>,
  second: Readonly<Record<string, HeaderObject>>,
): Record<string, HeaderObject> {
  const joined: Record<string, HeaderObject> = {}
  for (const [name, header] of [...Object.entries(first), ...Object.entries(second)]) {
    const before = joined[name]
    const { required, ...rest } = header
    joined[name] = {
      ...rest,
      ...(first[name]?.required && second[name]?.required ? { required } : {}),
      schema: before === undefined ? header.schema : either(before.schema, header.schema),
    }
  }
  return joined
}

/** Not `oneOf`: a body that fits both, as where one adds a field to the other, would then fit neither. */
function either(first: JsonSchema, second: JsonSchema): JsonSchema {
  const before = Object.keys(first).join() === 'anyOf' ? (first.anyOf as JsonSchema[]) : [first]
  return before.some((one) => canonical(one) === canonical(second)) ? first : { anyOf: [...before, second] }
}
