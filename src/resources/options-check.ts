import type { Uses } from '../contract/depends.ts'
import type { AnyTable } from './table/row.ts'
import type { PageSize } from '../contract/page.ts'
import { MODEL_OPTIONS } from './table/model.ts'
import type { RelationOptions } from './table/relation.ts'
import type { EndpointExtras, ResourceHooks, ResourceOptions, ResourceVerb } from './resource-options.ts'
import type { SearchOptions } from './reading/search.ts'

const OPTIONS: Readonly<Record<keyof ResourceOptions<AnyTable, object>, true>> = {
  db: true,
  tx: true,
  name: true,
  filter: true,
  where: true,
  sort: true,
  order: true,
  search: true,
  expand: true,
  within: true,
  sparse: true,
  pages: true,
  size: true,
  bulk: true,
  export: true,
  import: true,
  reads: true,
  writes: true,
  endpoints: true,
  use: true,
  hooks: true,
}

const VERBS: Readonly<Record<ResourceVerb, true>> = {
  list: true,
  create: true,
  read: true,
  replace: true,
  update: true,
  remove: true,
  createMany: true,
  updateMany: true,
  removeMany: true,
  export: true,
  import: true,
}

const HOOKS: Readonly<Record<keyof ResourceHooks<AnyTable, object, Uses>, true>> = {
  beforeCreate: true,
  afterCreate: true,
  beforeUpdate: true,
  afterUpdate: true,
  beforeRemove: true,
  afterRemove: true,
  afterRead: true,
}

const EXTRAS: Readonly<Record<keyof EndpointExtras, true>> = {
  summary: true,
  description: true,
  security: true,
  policies: true,
  throws: true,
  limits: true,
  formats: true,
  middleware: true,
  before: true,
  after: true,
  operationId: true,
  tags: true,
  deprecated: true,
  hidden: true,
}

const SIZE: Readonly<Record<keyof PageSize, true>> = { usual: true, most: true }

const SEARCH: Readonly<Record<keyof SearchOptions, true>> = { columns: true, language: true, fts5: true }

const RELATION: Readonly<Record<keyof RelationOptions | 'expand', true>> = {
  by: true,
  to: true,
  most: true,
  always: true,
  expand: true,
}

/**
 * Finds what a resource is given and does not know: with `endpoints: { delete: false }` rows could still be deleted, for that
 * endpoint is called `remove`, and a hook that is called otherwise never runs.
 *
 * @param name of the table.
 * @throws {TypeError} naming the option.
 */
export function checkOptions(name: string, options: object): void {
  const where = `resource(${name})`
  const { db, endpoints, hooks, pages, bulk, size, search, reads, writes } = options as Partial<
    ResourceOptions<AnyTable, object>
  >
  for (const one of Object.keys(options)) {
    if (Object.hasOwn(OPTIONS, one) || !Object.hasOwn(MODEL_OPTIONS, one)) continue
    throw new TypeError(
      `${where}: "${one}" is said of the rows wherever they are shown: resource(model(${name}, { ${one}: … }), …)`,
    )
  }
  known(options, OPTIONS, (one) => `${where}: there is no option "${one}"`)
  known(endpoints ?? {}, VERBS, (one) => `${where}: "endpoints" names ${one}, and no endpoint is called so`)
  known(hooks ?? {}, HOOKS, (one) => `${where}: "hooks" names ${one}, and no hook is called so`)
  const extras = Object.entries({ ...endpoints }).map(([verb, given]) => [`endpoints.${verb}`, given] as const)
  for (const [option, given] of [['reads', reads], ['writes', writes], ...extras] as const)
    if (given !== undefined && given !== false)
      known(given, EXTRAS, (one) => `${where}: "${option}" names ${one}, which an endpoint of a resource is not given`)
  known(size ?? {}, SIZE, (one) => `${where}: "size" names ${one}, which is no size of a page`)
  if (search !== undefined && !Array.isArray(search))
    known(search, SEARCH, (one) => `${where}: "search" names ${one}, which searching does not know`)
  for (const verb of ['export', 'import'] as const)
    if (endpoints?.[verb] && options[verb as never] !== true)
      throw new TypeError(`${where}: "endpoints" names ${verb}, which is not there without ${verb}: true`)
  if (db === undefined)
    throw new TypeError(
      `${where}: "db" is missing: give the Drizzle database, as a dependency: depends({}, () => drizzle(…))`,
    )
  if (pages !== undefined && pages !== 'cursor' && pages !== 'offset')
    throw new TypeError(`${where}: "pages" is ${String(pages)}: it is "cursor" or "offset"`)
  if (bulk !== undefined && !(Number.isSafeInteger(bulk) && bulk > 0))
    throw new TypeError(`${where}: "bulk" is ${String(bulk)}: it is a number of rows, 1 or more`)
  for (const [own, rows] of Object.entries(size ?? {}))
    if (!(Number.isSafeInteger(rows) && rows > 0))
      throw new TypeError(`${where}: "size.${own}" is ${String(rows)}: it is a number of rows, 1 or more`)
}

/**
 * @param name of the relation's table.
 * @throws {TypeError} naming what a relation is given and does not know, which would be as if it were not there.
 */
export function checkRelation(kind: 'one' | 'many', name: string, options: object): void {
  known(options, RELATION, (one) => `${kind}(${name}): there is no option "${one}"`)
}

function known(given: object, names: object, say: (name: string) => string): void {
  const unknown = Object.keys(given).find((one) => !Object.hasOwn(names, one))
  if (unknown !== undefined) throw new TypeError(`${say(unknown)}: there are ${Object.keys(names).join(', ')}`)
}
