import { isZodSchema } from '../../compile/zod-schema.ts'
import { schemaNamer } from '../../compile/schema-id.ts'
import { type Api, OPTIONS } from '../../contract/api.ts'
import { type Version, type Versions, meet } from '../../contract/version.ts'
import { type Operation, versionsOf, walk } from '../../contract/walk.ts'
import { parsePath } from '../../contract/path.ts'
import { requestBody } from './bodies.ts'
import type { OpenApiDocument, OperationObject, PathItem, ResponseObject } from './objects.ts'
import { type Failure, createFailures } from './failures.ts'
import { pascal } from './json-schema.ts'
import { parametersOf } from './parameters.ts'
import { replyResponses } from './replies.ts'
import { nameSchemas } from './schema-names.ts'
import { type SchemaUse, schemaUses } from './schema-uses.ts'
import { type Schemas, createSchemas } from './schemas.ts'
import { securityOf } from './security.ts'
import { tagsOf } from './tags.ts'
import type { ZodModule } from './zod-json.ts'

export interface OpenApiOptions {
  /** Where the API is reached, in place of its own `servers`. */
  readonly servers?: readonly string[]
  /** Which of the versions that stand side by side; the default one unless told. */
  readonly version?: string
}

/**
 * The OpenAPI 3.1.0 document of an API (https://spec.openapis.org/oas/v3.1.0): every endpoint that is
 * not hidden, every status that it can answer with. Endpoints of the method QUERY are left out, for
 * OpenAPI 3.1 has no place for them. Of versions that stand side by side it describes one: a path and a method are there
 * once.
 *
 * @throws {TypeError} where two different schemas or security schemes would have one name, and for a version that there
 * is not.
 * @example
 * const document = await toOpenApi(shop)
 * document.paths['/orders/{id}'].get.operationId // 'orders.read'
 */
export async function toOpenApi(api: Api, options: OpenApiOptions = {}): Promise<OpenApiDocument> {
  const {
    title = 'API',
    version = '0.0.0',
    description,
    contact,
    license,
    servers = ['/'],
    schemas: declared = {},
  } = api[OPTIONS]
  const { versions, current } = currentVersion(api, options.version)
  const shown = walk(api).filter(
    (operation) => !operation.hidden && operation.method !== 'QUERY' && meet(operation.version, current),
  )
  // In a document of one version nothing is called by it.
  const operations = shown.map((operation) => ({ ...operation, id: operation.name }))
  const uses = operations.flatMap(schemaUses)
  const z = await zodFor(uses, Object.values(declared))
  const schemas = createSchemas(nameSchemas(declared, uses, z), z, schemaNamer(declared))
  const schemes = new Map<string, object>()
  const all = createFailures(schemas)
  const built = operations.map((operation, index) => {
    return { operation, id: shown[index]?.id as string, failures: all.of(operation) }
  })
  const shared = sharedResponses(built.flatMap(({ failures }) => failures))
  const paths: Record<string, PathItem> = {}
  const templates = new Map<string, string>()
  const ids = new Set<string>()
  for (const { operation, id, failures } of built) {
    const { operationId } = operation
    if (ids.has(operationId)) {
      throw new TypeError(`OpenAPI: two endpoints are called "${operationId}"; rename a key, or change an operationId`)
    }
    ids.add(operationId)
    const template = templateOf(operation.path, templates)
    const item = paths[template] ?? {}
    paths[template] = item
    const method = operation.method.toLowerCase() as keyof PathItem
    item[method] ??= operationObject(operation, id, operations, template, failures, shared, schemas, schemes)
  }
  const responses = Object.fromEntries([...shared.values()].map(({ name, response }) => [name, response]))
  const { part, components } = schemas.finish({ paths, responses: sorted(responses) })
  return {
    openapi: '3.1.0',
    info: {
      title,
      version: current?.name ?? version,
      ...(description === undefined ? {} : { description }),
      ...(contact === undefined ? {} : { contact }),
      ...(license === undefined ? {} : { license }),
    },
    ...(versions === undefined ? {} : { 'x-trestle-versions': versions }),
    servers: (options.servers ?? servers).map((url) => ({ url })),
    security: [],
    tags: tagsOf(operations),
    paths: part.paths,
    components: {
      ...(Object.keys(components).length === 0 ? {} : { schemas: components }),
      ...(Object.keys(part.responses).length === 0 ? {} : { responses: part.responses }),
      ...(schemes.size === 0 ? {} : { securitySchemes: sorted(Object.fromEntries(schemes)) }),
    },
  }
}

/** @throws {TypeError} for a version that there is not. */
function currentVersion(api: Api, asked: string | undefined): { versions?: Versions; current?: Version } {
  const versions = versionsOf(api)
  if (versions === undefined) {
    if (asked === undefined) return {}
    throw new TypeError(`OpenAPI: this API has no versions side by side, and so no "${asked}"`)
  }
  const name = asked ?? versions.default
  if (versions.names.includes(name)) return { versions, current: { name, of: versions } }
  throw new TypeError(`OpenAPI: there is no version "${name}"; there are ${versions.names.join(', ')}`)
}

/** zod takes its time to load, so it is loaded only where a schema is zod's. */
async function zodFor(uses: readonly SchemaUse[], declared: readonly object[]): Promise<ZodModule | undefined> {
  const found = [...uses.map((use) => use.schema), ...declared].some(isZodSchema)
  return found ? await import('zod') : undefined
}

function operationObject(
  operation: Operation,
  clientId: string,
  operations: readonly Operation[],
  template: string,
  failures: readonly Failure[],
  shared: ReadonlyMap<string, Shared>,
  schemas: Schemas,
  schemes: Map<string, object>,
): OperationObject {
  const { id, operationId, spec } = operation
  const parameters = parametersOf(operation, template, schemas)
  const security = securityOf(operation, schemes)
  const responses = new Map<number, OperationObject['responses'][string]>(
    replyResponses(operation, operations, schemas),
  )
  for (const { status, response, text } of failures) {
    const common = shared.get(text)
    // A status that is promised as a reply as well keeps both bodies apart by their media types.
    const promised = responses.get(status) as ResponseObject | undefined
    if (promised !== undefined)
      responses.set(status, { ...promised, content: { ...response.content, ...promised.content } })
    else responses.set(status, common === undefined ? response : { $ref: `#/components/responses/${common.name}` })
  }
  const deprecated = operation.deprecated || operation.policies.some((policy) => policy.contract.deprecated)
  return {
    ...(operation.tags.length > 0 ? { tags: [...operation.tags] } : {}),
    summary: spec.summary ?? readable(id),
    ...(spec.description === undefined ? {} : { description: spec.description }),
    operationId,
    // Trestle's own clients call an endpoint by its id, and fill its own path.
    ...(operationId === clientId ? {} : { 'x-trestle-id': clientId }),
    ...(operation.path === template ? {} : { 'x-trestle-path': operation.path }),
    ...(deprecated ? { deprecated: true } : {}),
    ...(security === undefined ? {} : { security }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(spec.body === undefined ? {} : { requestBody: requestBody(operation, pascal(id, 'body'), schemas) }),
    responses: Object.fromEntries([...responses].toSorted(([a], [b]) => a - b)),
  }
}

/** `orders.markPaid` reads `Orders: mark paid`. */
function readable(id: string): string {
  const words = id
    .split('.')
    .slice(-2)
    .map((key) =>
      key
        .replace(/[_-]+|(?<=[a-z0-9])(?=[A-Z])/g, ' ')
        .trim()
        .toLowerCase(),
    )
  const text = words.join(': ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The path as OpenAPI has it. Of paths that differ in the names of parameters alone, the first gives the names. */
function templateOf(path: string, templates: Map<string, string>): string {
  const segments = parsePath(path)
  const form = `/${segments.map((segment) => (segment.kind === 'literal' ? encodeURIComponent(segment.text) : '{}')).join('/')}`
  const template = `/${segments
    .map((segment) => (segment.kind === 'literal' ? encodeURIComponent(segment.text) : `{${segment.name}}`))
    .join('/')}`
  const known = templates.get(form)
  if (known === undefined) templates.set(form, template)
  return known ?? template
}

interface Shared {
  readonly name: string
  readonly response: ResponseObject
}

/** Failures that several operations have in common, by what they say. */
function sharedResponses(failures: readonly Failure[]): Map<string, Shared> {
  const counts = new Map<string, { readonly failure: Failure; count: number }>()
  for (const failure of failures) {
    const known = counts.get(failure.text)
    if (known === undefined) counts.set(failure.text, { failure, count: 1 })
    else known.count++
  }
  const taken = new Set<string>()
  const shared = new Map<string, Shared>()
  for (const [key, { failure, count }] of counts) {
    if (count < 2) continue
    const name = [failure.name, failure.name + failure.format].find((candidate) => !taken.has(candidate))
    if (name === undefined) continue
    taken.add(name)
    shared.set(key, { name, response: failure.response })
  }
  return shared
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
