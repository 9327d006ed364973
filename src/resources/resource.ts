import { z } from 'zod'
import { json, rows as rowsOf, stream } from '../contract/content.ts'
import { type Dependency, depends } from '../contract/depends.ts'
import { type Endpoint, type EndpointSpec, type Verb, del, get, patch, post, put } from '../contract/endpoint.ts'
import { page } from '../contract/page.ts'
import { Conflict, Forbidden, NotFound, Unavailable } from '../contract/problems.ts'
import { queryFields } from '../contract/query-fields.ts'
import { created, noContent } from '../contract/reply-spec.ts'
import type { AnySchema } from '../contract/schema.ts'
import { conditional, preconditions } from '../policies/preconditions.ts'
import { InvalidCursor, cursorKey } from './reading/cursor.ts'
import type { AnyDatabase } from './database/database.ts'
import { ImportRefused, ImportReportSchema } from './transfer/import.ts'
import { indexCheck } from './reading/index-check.ts'
import type { ListSpec } from './reading/list.ts'
import type { AnyModel } from './table/model.ts'
import { placement } from './within/placement.ts'
import type { ResourceContext } from './context.ts'
import { type ResolvedRelation, expandedSchema, relatedModels, toModel } from './table/relation.ts'
import type { AnyTable } from './table/row.ts'
import { searchOf } from './reading/search.ts'
import { type Hooks, sideOf, sidesOf } from './sides.ts'
import type { EndpointExtras, ResourceOptions, ResourceVerb } from './resource-options.ts'

const READS: ReadonlySet<string> = new Set<ResourceVerb>(['list', 'read', 'export'])

/** Rows of one bulk request, unless told. */
const BULK = 100

/** Made from a table or a model and options, with a transaction to write in. */
export function resourceOf(
  of: object,
  options: ResourceOptions<AnyTable, object>,
  tx: Dependency<AnyDatabase>,
): Record<string, unknown> {
  const base = toModel(of)
  const order = options.order === undefined ? [] : ([options.order].flat() as string[])
  const spec: ListSpec = {
    filter: (options.filter ?? []) as readonly string[],
    where: options.where ?? {},
    sort: (options.sort ?? []) as readonly string[],
    order,
    search: options.search === undefined ? undefined : searchOf(options.search, base),
    sparse: options.sparse === true,
    mode: options.pages ?? 'cursor',
  }
  const uses = options.use ?? {}
  const hooks = (options.hooks ?? {}) as Hooks
  const { expand = {}, within: places } = options
  const { first, all, handlers } = sidesOf(base, (one) =>
    sideOf(one, { spec, expand, places, hooks, used: Object.keys(uses) }),
  )
  const { model, reader, relations, within } = first
  const { facts } = model
  const access = accessOf(
    all.flatMap((side) => [side.model, ...relatedModels(side.relations), ...(side.within?.parents ?? [])]),
  )
  const readUses = { ...uses, db: options.db, access, secret: cursorKey }
  const isVersioned = model.options.version !== undefined
  const writeUses = { ...uses, tx, access, ...(isVersioned && { preconditions }) }
  const rows = rowSchema(model, relations, spec.sparse, options.name)
  const always = relations.filter((relation) => relation.always)
  const hasName = options.name !== undefined && !spec.sparse
  const written = hasName ? rows : expandedSchema(model.row, always)
  const key = Object.keys(keyShape(model))
  const path = `/${key.map((name) => `{${name}}`).join('/')}` as const
  const place = placement(facts, within === undefined ? [] : Object.keys(within.params.shape))
  // What the path says: of all rows, and of one.
  const above = within === undefined ? {} : { params: within.params }
  const params = within === undefined ? model.params : within.params.extend(keyShape(model))
  const most = options.bulk ?? BULK
  // Without names of their own: there may be several resources of one model, and OpenAPI names these by their operations.
  const bulk = (item: z.ZodType) => z.strictObject({ items: z.array(item).min(1).max(most) })
  const what = model.name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()

  const rowQuery = Object.keys(reader.rowFields).length === 0 ? {} : { query: rowQueryOf(reader.rowFields) }
  const offset = {
    ...reader.listFields,
    count: z.boolean().optional().describe('`true` to count all rows of the list'),
  }
  const versioned = isVersioned ? { policies: [conditional({ required: false })] } : {}

  const items = z.object({ items: z.array(written) })
  const endpoints: Record<ResourceVerb, () => unknown> = {
    list: () =>
      declare(
        get,
        '/',
        {
          summary: `List ${plural(what)}`,
          ...above,
          query:
            spec.mode === 'cursor' ? page.cursor(reader.listFields, options.size) : page.offset(offset, options.size),
          returns: page.of(rows, spec.mode),
          throws: spec.mode === 'cursor' ? [InvalidCursor] : [],
          use: readUses,
          policies: all.map((side) => indexCheck(side.model.facts, spec, side.within?.fixed ?? [])),
        },
        handlers.list,
      ),
    create: () =>
      declare(
        post,
        '/',
        {
          summary: `Create ${article(what)}`,
          ...above,
          body: model.create,
          returns: created(written),
          throws: [Conflict],
          use: writeUses,
        },
        handlers.create,
      ),
    read: () =>
      declare(
        get,
        path,
        {
          summary: `Read ${article(what)}`,
          params,
          ...rowQuery,
          returns: rows,
          throws: [NotFound],
          use: isVersioned ? { ...readUses, preconditions } : readUses,
        },
        handlers.read,
      ),
    replace: () =>
      declare(
        put,
        path,
        {
          summary: `Replace ${article(what)}`,
          description: 'What is not given is as if it never was: its default, or nothing.',
          params,
          body: model.replace,
          returns: written,
          throws: changeProblems(model),
          use: writeUses,
          ...versioned,
        },
        handlers.replace,
      ),
    update: () =>
      declare(
        patch,
        path,
        {
          summary: `Change ${article(what)}`,
          description: 'What is given is changed (RFC 7396), the rest stays.',
          params,
          body: [model.update, json(model.update, 'application/merge-patch+json')],
          returns: written,
          throws: changeProblems(model),
          use: writeUses,
          ...versioned,
        },
        handlers.update,
      ),
    remove: () =>
      declare(
        del,
        path,
        {
          summary: `Delete ${article(what)}`,
          params,
          returns: noContent(),
          throws: changeProblems(model),
          use: writeUses,
          ...versioned,
        },
        handlers.remove,
      ),
    createMany: () =>
      declare(
        post,
        '/bulk',
        {
          summary: `Create several ${plural(what)}`,
          ...above,
          description: `All of them, or none. ${most} at the most.`,
          body: bulk(model.create),
          returns: created(items),
          throws: [Conflict],
          use: writeUses,
        },
        handlers.createMany,
      ),
    updateMany: () =>
      declare(
        post,
        '/bulk/update',
        {
          summary: `Change several ${plural(what)}`,
          ...above,
          description: `All of them, or none. ${most} at the most.`,
          body: bulk((model.update as z.ZodObject).extend(keyShape(model))),
          returns: items,
          throws: changeProblems(model),
          use: writeUses,
        },
        handlers.updateMany,
      ),
    removeMany: () =>
      declare(
        post,
        '/bulk/delete',
        {
          summary: `Delete several ${plural(what)}`,
          ...above,
          description: `All of them, or none. ${most} at the most.`,
          body: bulk(z.strictObject(keyShape(model))),
          returns: noContent(),
          throws: changeProblems(model),
          use: writeUses,
        },
        handlers.removeMany,
      ),
    export: () =>
      declare(
        get,
        '/export',
        {
          summary: `Export ${plural(what)}`,
          ...above,
          description: 'All that the list would have, page by page, in one reply.',
          query: queryFields(reader.listFields),
          returns: rowsOf(rows),
          throws: facts.dialect === 'postgres' ? [Unavailable] : [],
          use: readUses,
        },
        handlers.export,
      ),
    import: () =>
      declare(
        post,
        '/import',
        {
          summary: `Import ${plural(what)}`,
          ...above,
          description:
            'A row for each line. Those that are refused are told, and keep no other out, unless `atomic` is true.',
          query: queryFields({ atomic: z.boolean().optional().describe('`true` for all rows or none') }),
          body: [stream('application/x-ndjson'), stream('text/csv')],
          returns: ImportReportSchema,
          throws: [ImportRefused],
          use: writeUses,
        },
        handlers.import,
      ),
  }

  const extras = (options.endpoints ?? {}) as Partial<Record<ResourceVerb, EndpointExtras | false>>
  const made = Object.entries(endpoints).flatMap(([verb, make]) => {
    const own = extras[verb as ResourceVerb]
    const isWanted = (verb !== 'export' && verb !== 'import') || options[verb] === true
    return own === false || !isWanted
      ? []
      : [
          [
            verb,
            joined(joined(make() as Endpoint, (READS.has(verb) ? options.reads : options.writes) ?? {}), own ?? {}),
          ],
        ]
  })
  return Object.freeze(Object.fromEntries(made))

  function declare(verb: Verb, at: string, given: object, handler: (context: ResourceContext) => unknown): unknown {
    const { throws = [], policies = [] } = given as EndpointSpec
    // Where the rows of a list are in another, that may not be there.
    const more = within === undefined || throws.includes(NotFound) ? [] : [NotFound]
    const spec = { ...given, throws: [...throws, ...more], policies: [place, ...policies] }
    return (verb as unknown as (...args: unknown[]) => unknown)(at, spec, handler)
  }
}

/** The schemas of the key of an item, without what the path says of it. */
function keyShape({ params }: AnyModel): Record<string, z.ZodType> {
  return (params as unknown as z.ZodObject).shape as never
}

/** An endpoint with what its resource says of it beside. */
function joined(endpoint: Endpoint, extras: EndpointExtras): Endpoint {
  const spec = endpoint.spec as EndpointSpec
  const both = {
    ...spec,
    ...extras,
    throws: [...(spec.throws ?? []), ...(extras.throws ?? [])],
    policies: [...(spec.policies ?? []), ...(extras.policies ?? [])],
  }
  return Object.freeze({ ...endpoint, spec: Object.freeze(both) }) as Endpoint
}

/** Who is asking, for the rules of each model. */
function accessOf(models: readonly AnyModel[]): Dependency<(model: AnyModel) => unknown> {
  const all = [...new Set(models)].filter(({ options }) => options.use !== undefined)
  const uses = Object.fromEntries(all.map((model, i) => [`${i}`, model.access]))
  return depends(uses, (values) => {
    const byIndex = values as unknown as Readonly<Record<string, unknown>>
    return (model: AnyModel) => byIndex[all.indexOf(model)] ?? {}
  })
}

function changeProblems({ options }: AnyModel) {
  return options.changeable === undefined ? [NotFound, Conflict] : [NotFound, Conflict, Forbidden]
}

function rowSchema(
  model: AnyModel,
  relations: readonly ResolvedRelation[],
  sparse: boolean,
  name: string | undefined,
): z.ZodType {
  const whole = expandedSchema(model.row, relations) as z.ZodObject
  const named = (schema: z.ZodType) => (name === undefined ? schema : schema.meta({ id: name }))
  if (!sparse) return named(whole)
  const key = Object.fromEntries(model.facts.key.map((name) => [name, true as const])) as never
  return named(whole.partial().required(key))
}

/** The query of one row. Like that of a list, it has no other fields. */
function rowQueryOf(fields: Readonly<Record<string, AnySchema>>): AnySchema {
  return queryFields(fields)
}

function article(what: string): string {
  return `${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}`
}

function plural(what: string): string {
  if (/[^aeiou]y$/.test(what)) return `${what.slice(0, -1)}ies`
  return /(?:s|x|ch|sh)$/.test(what) ? `${what}es` : `${what}s`
}
