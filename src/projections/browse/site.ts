import type {
  JsonSchema,
  MediaType,
  OpenApiDocument,
  OperationObject,
  ParameterObject,
  Reference,
  ResponseObject,
} from '../openapi/objects.ts'

/** An operation as pages show it. */
export interface Action {
  /** As `walk` names it: `orders.create`. */
  readonly id: string
  readonly method: string
  readonly template: string
  readonly summary: string
  readonly description: string | undefined
  readonly deprecated: boolean
  readonly tags: readonly string[]
  readonly parameters: readonly ParameterObject[]
  readonly body: { readonly mediaType: string; readonly schema: JsonSchema; readonly required: boolean } | undefined
  /** True where callers have to show who they are. */
  readonly secured: boolean
  /** True where it makes something that has an address from then on. */
  readonly creates: boolean
  /** The schema of the JSON that it gives on success. */
  readonly gives: JsonSchema | undefined
}

export interface Segment {
  readonly is: 'literal' | 'param'
  /** Decoded, or the name of the parameter. */
  readonly text: string
}

/** A path, and what can be done there. */
export interface Route {
  readonly template: string
  readonly segments: readonly Segment[]
  readonly get: Action | undefined
  readonly post: Action | undefined
  readonly put: Action | undefined
  readonly patch: Action | undefined
  readonly delete: Action | undefined
}

/** What pages know of an API: its OpenAPI document, by path. */
export interface Site {
  readonly document: OpenApiDocument
  readonly routes: readonly Route[]
  /** Routes by the ids of their operations. */
  readonly byId: ReadonlyMap<string, Route>
  /** Routes of single rows by what one of their list is called: `customer`. Nothing for what two lists could be called. */
  readonly byNoun: ReadonlyMap<string, Route | undefined>
}

/** Reads a document. */
export function createSite(document: OpenApiDocument): Site {
  const routes = Object.entries(document.paths).map(([template, item]): Route => {
    const action = (method: keyof typeof item): Action | undefined => {
      const operation = item[method]
      return operation && actionOf(document, template, method.toUpperCase(), operation)
    }
    return {
      template,
      segments: segmentsOf(template),
      get: action('get'),
      post: action('post'),
      put: action('put'),
      patch: action('patch'),
      delete: action('delete'),
    }
  })
  const byId = new Map(routes.flatMap((route) => actionsOf(route).map(({ id }) => [id, route] as const)))
  return { document, routes, byId, byNoun: nounsOf(routes) }
}

function nounsOf(routes: readonly Route[]): ReadonlyMap<string, Route | undefined> {
  const found = new Map<string, Route | undefined>()
  for (const route of routes) {
    const { get, segments } = route
    const [collection, key] = segments.slice(-2)
    const hasOne = segments.filter(({ is }) => is === 'param').length === 1
    if (get === undefined || collection?.is !== 'literal' || key?.is !== 'param' || !hasOne) continue
    const plural = nounOf(collection.text)
    const nouns = [plural, plural.replace(/s$/, ''), plural.replace(/es$/, ''), plural.replace(/ies$/, 'y')]
    for (const noun of new Set(nouns)) found.set(noun, found.has(noun) ? undefined : route)
  }
  return found
}

/** A name as all spellings of it have it: `orderItem`, `order_item` and `order-item` are one. */
export function nounOf(name: string): string {
  return name
    .replaceAll('-', '_')
    .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toLowerCase()
}

export function actionsOf({ get, post, put, patch, delete: remove }: Route): Action[] {
  return [get, post, put, patch, remove].filter((action) => action !== undefined)
}

function actionOf(document: OpenApiDocument, template: string, method: string, given: OperationObject): Action {
  const bodies = Object.entries(given.requestBody?.content ?? {})
  // Of several the one that a form can write.
  const [mediaType, content] = bodies.find(([type]) => type === 'application/json') ?? bodies[0] ?? []
  const { security = document.security } = given
  return {
    id: given['x-trestle-id'] ?? given.operationId,
    method,
    template,
    summary: given.summary,
    description: given.description,
    deprecated: given.deprecated === true,
    tags: given.tags ?? [],
    parameters: given.parameters ?? [],
    body:
      mediaType === undefined
        ? undefined
        : { mediaType, schema: content?.schema ?? {}, required: given.requestBody?.required === true },
    secured: security.length > 0 && !security.some((one) => Object.keys(one).length === 0),
    creates: Object.hasOwn(given.responses, '201'),
    gives: replySchema(document, given),
  }
}

function replySchema(document: OpenApiDocument, { responses }: OperationObject): JsonSchema | undefined {
  const found = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1]
  const response =
    found !== undefined && '$ref' in found ? referred(document, found) : (found as ResponseObject | undefined)
  const content: Record<string, MediaType> = response?.content ?? {}
  return Object.entries(content).find(([type]) => /[/+]json\b/.test(type))?.[1].schema
}

function referred(document: OpenApiDocument, { $ref }: Reference): ResponseObject | undefined {
  return document.components.responses?.[$ref.replace('#/components/responses/', '')]
}

function segmentsOf(template: string): Segment[] {
  return template
    .split('/')
    .slice(1)
    .filter((text) => text !== '')
    .map((text) =>
      /^\{.*\}$/.test(text)
        ? { is: 'param', text: text.slice(1, -1) }
        : { is: 'literal', text: decodeURIComponent(text) },
    )
}

/** The route of a path, as the router would find it: a literal before a parameter. */
export function routeOfPath({ routes }: Site, path: string): Route | undefined {
  const parts = path.split('/').slice(1)
  if (parts.at(-1) === '') parts.pop()
  const fits = routes.filter(
    ({ segments }) =>
      segments.length === parts.length &&
      segments.every(({ is, text }, i) => is === 'param' || text === decoded(parts[i] as string)),
  )
  const rank = ({ segments }: Route): string => segments.map(({ is }) => (is === 'literal' ? '0' : '1')).join('')
  return fits.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1))[0]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The routes right below one: of its rows, which end in parameters alone; or of what has a name there. */
export function routesBelow({ routes }: Site, route: Route, is: Segment['is']): Route[] {
  const from = route.segments.length
  return routes.filter(
    ({ segments, template }) =>
      segments.length > from &&
      isBelow(shapeOf(template), shapeOf(route.template)) &&
      segments.slice(from).every((segment) => segment.is === is),
  )
}

/** A template without the names of its parameters: `/orders/{order_id}/refunds` is below `/orders/{id}`. */
function shapeOf(template: string): string {
  return template.replace(/\{[^}]*\}/g, '{}')
}

function isBelow(template: string, above: string): boolean {
  return above === '/' ? template !== '/' : template.startsWith(`${above}/`)
}

/** Lists that are there for who begins: routes of GET without parameters. */
export function startsOf({ routes }: Site): Route[] {
  return routes.filter(({ get, segments }) => get !== undefined && segments.every(({ is }) => is === 'literal'))
}
