import { z } from 'zod'
import { json, rows as rowsOf, stream } from '../contract/content.ts'
import { type Dependency, depends } from '../contract/depends.ts'
import { type Endpoint, type EndpointSpec, type Verb, del, get, patch, post, put } from '../contract/endpoint.ts'
import { essenceOf } from '../contract/formats.ts'
import { page } from '../contract/page.ts'
import { Conflict, Forbidden, NotFound, Unavailable } from '../contract/problems.ts'
import { queryFields } from '../contract/query-fields.ts'
import { created, noContent } from '../contract/reply-spec.ts'
import type { AnySchema } from '../contract/schema.ts'
import { conditional, preconditions } from '../policies/preconditions.ts'
import { InvalidCursor, cursorKey } from './cursor.ts'
import type { AnyDatabase } from './database.ts'
import { ImportRefused, ImportReportSchema, importRows } from './import.ts'
import { indexCheck } from './index-check.ts'
import type { ListSpec } from './list.ts'
import type { AnyModel } from './model.ts'
import type { ResourceContext } from './reading.ts'
import { type ResolvedRelation, expandedSchema, relatedModels, toModel } from './relation.ts'
import type { AnyTable } from './row.ts'
import { searchOf } from './search.ts'
import { type Hooks, sideOf, sidesOf } from './sides.ts'
import type { Writer } from './writer.ts'
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
  const model = toModel(of)
  const { facts } = model
  const order = options.order === undefined ? [] : ([options.order].flat() as string[])
  const spec: ListSpec = {
    filter: (options.filter ?? []) as readonly string[],
    where: options.where ?? {},
    sort: (options.sort ?? []) as readonly string[],
    order,
    search: options.search === undefined ? undefined : searchOf(options.search, model),
    sparse: options.sparse === true,
    mode: options.pages ?? 'cursor',
  }
  const uses = options.use ?? {}
  const hooks = (options.hooks ?? {}) as Hooks
  const sides = sidesOf(model, (one) => sideOf(one, spec, options.expand ?? {}, hooks, Object.keys(uses)))
  const { reader, relations } = sides.first
  const access = accessOf(sides.all.flatMap((side) => [side.model, ...relatedModels(side.relations)]))
  const readUses = { ...uses, db: options.db, access, secret: cursorKey }
  const isVersioned = model.options.version !== undefined
  const writeUses = { ...uses, tx, access, ...(isVersioned && { preconditions }) }
  const rows = rowSchema(model, relations, spec.sparse)
  const written = expandedSchema(
    model.row,
    relations.filter(({ always }) => always),
  )
  const path = `/${facts.key.map((name) => `{${name}}`).join('/')}` as const
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
          query:
            spec.mode === 'cursor' ? page.cursor(reader.listFields, options.size) : page.offset(offset, options.size),
          returns: page.of(rows, spec.mode),
          throws: spec.mode === 'cursor' ? [InvalidCursor] : [],
          use: readUses,
          policies: sides.all.map((side) => indexCheck(side.model.facts, spec)),
        },
        (context) => sides.of(context.db).reads.list(context),
      ),
    create: () =>
      declare(
        post,
        '/',
        {
          summary: `Create ${article(what)}`,
          body: model.create,
          returns: created(written),
          throws: [Conflict],
          use: writeUses,
        },
        (context) => sides.of(context.tx).writer.create(context),
      ),
    read: () =>
      declare(
        get,
        path,
        {
          summary: `Read ${article(what)}`,
          params: model.params,
          ...rowQuery,
          returns: rows,
          throws: [NotFound],
          use: isVersioned ? { ...readUses, preconditions } : readUses,
        },
        (context) => sides.of(context.db).reads.read(context),
      ),
    replace: () =>
      declare(
        put,
        path,
        {
          summary: `Replace ${article(what)}`,
          description: 'What is not given is as if it never was: its default, or nothing.',
          params: model.params,
          body: model.replace,
          returns: written,
          throws: changeProblems(model),
          use: writeUses,
          ...versioned,
        },
        (context) => sides.of(context.tx).writer.replace(context),
      ),
    update: () =>
      declare(
        patch,
        path,
        {
          summary: `Change ${article(what)}`,
          description: 'What is given is changed (RFC 7396), the rest stays.',
          params: model.params,
          body: [model.update, json(model.update, 'application/merge-patch+json')],
          returns: written,
          throws: changeProblems(model),
          use: writeUses,
          ...versioned,
        },
        (context) => sides.of(context.tx).writer.update(context),
      ),
    remove: () =>
      declare(
        del,
        path,
        {
          summary: `Delete ${article(what)}`,
          params: model.params,
          returns: noContent(),
          throws: changeProblems(model),
          use: writeUses,
          ...versioned,
        },
        (context) => sides.of(context.tx).writer.remove(context),
      ),
    createMany: () =>
      declare(
        post,
        '/bulk',
        {
          summary: `Create several ${plural(what)}`,
          description: `All of them, or none. ${most} at the most.`,
          body: bulk(model.create),
          returns: created(items),
          throws: [Conflict],
          use: writeUses,
        },
        (context) => sides.of(context.tx).writer.createMany(context),
      ),
    updateMany: () =>
      declare(
        post,
        '/bulk/update',
        {
          summary: `Change several ${plural(what)}`,
          description: `All of them, or none. ${most} at the most.`,
          body: bulk((model.update as z.ZodObject).extend((model.params as z.ZodObject).shape)),
          returns: items,
          throws: changeProblems(model),
          use: writeUses,
        },
        (context) => sides.of(context.tx).writer.updateMany(context),
      ),
    removeMany: () =>
      declare(
        post,
        '/bulk/delete',
        {
          summary: `Delete several ${plural(what)}`,
          description: `All of them, or none. ${most} at the most.`,
          body: bulk(model.params),
          returns: noContent(),
          throws: changeProblems(model),
          use: writeUses,
        },
        (context) => sides.of(context.tx).writer.removeMany(context),
      ),
    export: () =>
      declare(
        get,
        '/export',
        {
          summary: `Export ${plural(what)}`,
          description: 'All that the list would have, page by page, in one reply.',
          query: queryFields(reader.listFields),
          returns: rowsOf(rows),
          throws: facts.dialect === 'postgres' ? [Unavailable] : [],
          use: readUses,
        },
        (context) => sides.of(context.db).reads.export(context),
      ),
    import: () =>
      declare(
        post,
        '/import',
        {
          summary: `Import ${plural(what)}`,
          description:
            'A row for each line. Those that are refused are told, and keep no other out, unless `atomic` is true.',
          query: queryFields({ atomic: z.boolean().optional().describe('`true` for all rows or none') }),
          body: [stream('application/x-ndjson'), stream('text/csv')],
          returns: ImportReportSchema,
          throws: [ImportRefused],
          use: writeUses,
        },
        (context) => {
          const { model, writer } = sides.of(context.tx)
          return importHandler(model, writer, context)
        },
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
    return (verb as unknown as (...args: unknown[]) => unknown)(at, given, handler)
  }
}

/** The body's own type, without parameters, says how its lines are read. */
function importHandler(model: AnyModel, writer: Writer, context: ResourceContext): Promise<unknown> {
  const { body, query, request } = context as unknown as ImportContext
  const mediaType = essenceOf(request.header('content-type') ?? '')
  return importRows(model, writer, body, mediaType, query.atomic === true, context)
}

interface ImportContext {
  readonly body: ReadableStream<Uint8Array>
  readonly query: { readonly atomic?: boolean }
  readonly request: { header(name: string): string | undefined }
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

function rowSchema(model: AnyModel, relations: readonly ResolvedRelation[], sparse: boolean): z.ZodType {
  const whole = expandedSchema(model.row, relations) as z.ZodObject
  if (!sparse) return whole
  const key = Object.fromEntries(model.facts.key.map((name) => [name, true as const])) as never
  return whole.partial().required(key)
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
