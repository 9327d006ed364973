import type { Uses } from '../contract/depends.ts'
import type { AnyTable } from './row.ts'
import type { ResourceHooks, ResourceOptions, ResourceVerb } from './resource-options.ts'

const OPTIONS: Readonly<Record<keyof ResourceOptions<AnyTable, object>, true>> = {
  db: true,
  tx: true,
  filter: true,
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

/**
 * Finds what a resource is given and does not know: with `endpoints: { delete: false }` rows could still be deleted, for that
 * endpoint is called `remove`, and a hook that is called otherwise never runs.
 *
 * @param name of the table.
 * @throws {TypeError} naming the option.
 */
export function checkOptions(name: string, options: object): void {
  const where = `resource(${name})`
  const { db, endpoints, hooks, pages, bulk } = options as Partial<ResourceOptions<AnyTable, object>>
  known(options, OPTIONS, (one) => `${where}: there is no option "${one}"`)
  known(endpoints ?? {}, VERBS, (one) => `${where}: "endpoints" names ${one}, and no endpoint is called so`)
  known(hooks ?? {}, HOOKS, (one) => `${where}: "hooks" names ${one}, and no hook is called so`)
  if (db === undefined)
    throw new TypeError(
      `${where}: "db" is missing: give the Drizzle database, as a dependency: depends({}, () => drizzle(…))`,
    )
  if (pages !== undefined && pages !== 'cursor' && pages !== 'offset')
    throw new TypeError(`${where}: "pages" is ${String(pages)}: it is "cursor" or "offset"`)
  if (bulk !== undefined && !(Number.isSafeInteger(bulk) && bulk > 0))
    throw new TypeError(`${where}: "bulk" is ${String(bulk)}: it is a number of rows, 1 or more`)
}

function known(given: object, names: object, say: (name: string) => string): void {
  const unknown = Object.keys(given).find((one) => !Object.hasOwn(names, one))
  if (unknown !== undefined) throw new TypeError(`${say(unknown)}: there are ${Object.keys(names).join(', ')}`)
}
