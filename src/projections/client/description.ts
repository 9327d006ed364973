import { essenceOf } from '../../contract/formats.ts'
import { pointerKey } from '../../contract/json-pointer.ts'
import { type ClientOperation, type NamedVersion, type Operations, type Travel, isIdempotencyKey } from './operation.ts'

/** The member of an OpenAPI media type that tells bytes, a stream and a file apart. */
const KIND = 'x-trestle-kind'
/** The member of an operation with the path as its endpoint has it: OpenAPI's may have other names in it. */
const PATH = 'x-trestle-path'
/** The member of a document with the versions of its API: `{ header, names, default }`. */
const VERSIONS = 'x-trestle-versions'
/** The member of an operation with its id, where OpenAPI calls it something else. */
const ID = 'x-trestle-id'

type Json = Readonly<Record<string, unknown>>

/**
 * The operations in an OpenAPI document, by their ids.
 *
 * @throws {TypeError} where it is no OpenAPI document.
 */
export function readDescription(document: unknown): Operations {
  const { paths } = object(document)
  if (paths === undefined) throw new TypeError('it has no "paths"')
  const operations = new Map<string, ClientOperation>()
  for (const [path, item] of Object.entries(object(paths))) {
    for (const [method, value] of methods(object(item))) {
      const operation = object(value)
      if (typeof operation.operationId !== 'string') continue
      operations.set(typeof operation[ID] === 'string' ? operation[ID] : operation.operationId, {
        method: method.toUpperCase(),
        path: typeof operation[PATH] === 'string' ? operation[PATH] : path,
        body: travels(document, operation.requestBody)[0],
        replies: replies(document, object(operation.responses)),
        isKeyed: parameters(document, operation).some(
          (parameter) => parameter.in === 'header' && isIdempotencyKey(parameter.name),
        ),
        version: versionOf(document, operation),
      })
    }
  }
  return operations
}

/** QUERY has a member of its own from OpenAPI 3.2 on. */
function methods(item: Json): [method: string, operation: unknown][] {
  return Object.entries(item).filter(([name]) => /^(get|head|post|put|patch|delete|options|query)$/.test(name))
}

/** The version of an operation, as its parameter for the header field has it. */
function versionOf(document: unknown, operation: Json): NamedVersion | undefined {
  const { header } = object(object(document)[VERSIONS])
  const parameter = parameters(document, operation).find((one) => one.in === 'header' && one.name === header)
  const name = object(parameter?.schema).const
  return typeof header === 'string' && typeof name === 'string' ? { header, name } : undefined
}

/** Names of the versions that a document does not describe: they have one each. */
export function otherVersions(document: unknown): string[] {
  const { names } = object(object(document)[VERSIONS])
  const { version } = object(object(document).info)
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string' && name !== version) : []
}

function parameters(document: unknown, operation: Json): Json[] {
  return Array.isArray(operation.parameters) ? operation.parameters.map((one) => resolve(document, one)) : []
}

function replies(document: unknown, responses: Json): Map<number, readonly Travel[]> {
  const found = new Map<number, readonly Travel[]>()
  for (const [status, response] of Object.entries(responses)) {
    // 304 has no body for the call: to it, it is a failure.
    if (/^[23]\d\d$/.test(status) && status !== '304') found.set(Number(status), travels(document, response))
  }
  return found
}

/** The media types of a request body or a response. */
function travels(document: unknown, value: unknown): Travel[] {
  return Object.entries(object(resolve(document, value).content)).map(([mediaType, facts]) => {
    const told = object(facts)[KIND]
    return { kind: typeof told === 'string' ? (told as Travel['kind']) : kindOf(mediaType), mediaType }
  })
}

/** What a media type alone says about a body. */
export function kindOf(mediaType: string): Travel['kind'] {
  const type = essenceOf(mediaType)
  if (type === 'application/json' || type.endsWith('+json')) return 'json'
  if (type === 'application/x-www-form-urlencoded') return 'form'
  if (type === 'multipart/form-data') return 'multipart'
  return type.startsWith('text/') ? 'text' : 'bytes'
}

function resolve(document: unknown, value: unknown): Json {
  const { $ref } = object(value)
  if (typeof $ref !== 'string' || !$ref.startsWith('#/')) return object(value)
  let found = document
  for (const key of $ref.slice(2).split('/')) found = object(found)[pointerKey(key)]
  return object(found)
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}
