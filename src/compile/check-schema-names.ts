import { contentOf, contentsOf } from '../contract/formats.ts'
import { isMultipartForm } from '../contract/multipart.ts'
import { namedFields } from '../contract/query-fields.ts'
import { meet } from '../contract/version.ts'
import type { Operation } from '../contract/walk.ts'
import { declaredFaults } from './faults.ts'
import { replySpecs } from './reply-specs.ts'
import { schemaNamer } from './schema-id.ts'
import type { Note } from './start-error.ts'
import { isZodSchema, zodChildren } from './zod-schema.ts'

/** A schema that has a name, and where it was found first. */
interface Seen {
  readonly schema: object
  readonly place: string
  readonly version: Operation['version']
}

/**
 * Makes a check that schemas of one name are one schema, for OpenAPI has one (OpenAPI 3.1 §4.8.7), in each version of the API.
 * Operations that its document has not are passed over.
 *
 * @param declared those that the API names.
 */
export function schemaNameCheck(
  declared: Readonly<Record<string, object>> = {},
): (operation: Operation, note: Note) => void {
  const idOf = schemaNamer()
  const seen = new Map<string, Seen[]>()
  for (const [name, schema] of Object.entries(declared))
    seen.set(name, [{ schema, place: 'the schemas of the API', version: undefined }])
  const isDeclared = new Set(Object.values(declared))
  const visited = new Map<string, Set<object>>()
  return (operation, note) => {
    const { version, hidden, method, id } = operation
    if (hidden || method === 'QUERY') return
    const known = visited.get(version?.name ?? '') ?? new Set()
    visited.set(version?.name ?? '', known)
    const visit = (field: string, schema: unknown): void => {
      if (!isZodSchema(schema) || known.has(schema)) return
      known.add(schema)
      const name = isDeclared.has(schema) ? undefined : idOf(schema)
      if (name !== undefined) claim(field, name, schema)
      for (const [, child] of zodChildren(schema)) visit(field, child)
      // `.describe()` and `.meta()` make a copy that says where it came from.
      visit(field, (schema._zod as { readonly parent?: object }).parent)
    }
    const claim = (field: string, name: string, schema: object): void => {
      const before = seen.get(name) ?? []
      seen.set(name, before)
      const met = before.filter((one) => meet(one.version, version))
      if (met.some((one) => one.schema === schema)) return
      before.push({ schema, place: `"${field}" of ${id}`, version })
      // Of three, each is told of the first.
      if (met[0] === undefined) return
      note(
        field,
        `"${name}" is another schema than in ${met[0].place}, and OpenAPI has one of a name`,
        'name one of them otherwise: a model by "name", a schema by .meta({ id })',
      )
    }
    for (const [field, schema] of partsOf(operation)) visit(field, schema)
  }
}

/** The schemas of an operation, each with the part that it is in. */
function* partsOf(operation: Operation): Generator<readonly [field: string, schema: unknown]> {
  const { params, query, headers, cookies, body } = operation.spec
  yield* Object.entries({ params, headers, cookies })
  for (const field of Object.values((query && namedFields(query)) ?? { query })) yield ['query', field]
  for (const { schema } of body === undefined ? [] : contentsOf(body)) {
    if (!isMultipartForm(schema)) yield ['body', schema]
    else for (const field of Object.values(schema.texts.fields)) yield ['body', field]
  }
  for (const { headers: given, body: sent } of replySpecs(operation)) {
    yield ['returns', given]
    if (sent !== undefined && sent !== 'location') yield ['returns', contentOf(sent).schema]
  }
  for (const { code, extra } of declaredFaults(operation)) yield [`throws ${code}`, extra]
}
