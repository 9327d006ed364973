import { canonical } from '../../compile/canonical.ts'
import { absentValues } from '../../compile/absent.ts'
import type { AnySchema, Schema } from '../../contract/schema.ts'
import { isZodSchema } from '../../compile/zod-schema.ts'
import { givesRanges } from '../../compile/reply-specs.ts'
import { isCommaList } from '../../contract/comma-list.ts'
import { isPageQuery, pagingFields } from '../../contract/page.ts'
import { namedFields } from '../../contract/query-fields.ts'
import { parsePath } from '../../contract/path.ts'
import type { Operation } from '../../contract/walk.ts'
import type { JsonSchema, ParameterObject } from './objects.ts'
import { isObject, pascal } from './json-schema.ts'
import type { Schemas } from './schemas.ts'

/** The fields of a part of a request: JSON Schema, and whether it must be there. */
type Fields = Record<string, { readonly schema: JsonSchema; readonly required: boolean; readonly commas?: boolean }>

/** OpenAPI ignores parameters of these names (3.1.0 §4.8.12.2); bodies and security say them. */
const IGNORED = ['accept', 'content-type', 'authorization']

/** By what parts of a file are asked for (RFC 9110 §14.2, §13.1.5). */
const RANGES: readonly (readonly [name: string, description: string])[] = [
  ['Range', 'The bytes that are wanted, such as `bytes=0-1023`'],
  ['If-Range', 'The `ETag` of the file that they are to be of; all of it comes where that is another'],
]

/** The parameters of an operation, one for each property of its params, query, headers and cookies. */
export function parametersOf(operation: Operation, template: string, schemas: Schemas): ParameterObject[] {
  const { spec } = operation
  const fields = (part: 'params' | 'headers' | 'cookies'): Fields => {
    const found = fieldsOf(spec[part], pascal(operation.id, part), schemas)
    return part === 'params' ? found : withoutAbsent(found, spec[part])
  }
  const headers = Object.entries(fields('headers')).filter(([name]) => !IGNORED.includes(name.toLowerCase()))
  const sent = new Set(headers.map(([name]) => name.toLowerCase()))
  for (const policy of operation.policies) {
    for (const [name, header] of Object.entries(policy.contract.requestHeaders ?? {})) {
      if (sent.has(name.toLowerCase())) continue
      sent.add(name.toLowerCase())
      headers.push([name, { schema: { ...header.schema }, required: header.required === true }])
    }
  }
  if (givesRanges(operation)) {
    for (const [name, description] of RANGES) {
      if (!sent.has(name.toLowerCase()))
        headers.push([name, { schema: { type: 'string', description }, required: false }])
    }
  }
  const { version } = operation
  if (version !== undefined && !sent.has(version.of.header.toLowerCase())) {
    const description = 'The version that is asked for'
    const required = version.name !== version.of.default
    headers.push([version.of.header, { schema: { type: 'string', const: version.name, description }, required }])
  }
  return [
    ...pathParameters(operation.path, template, fields('params')),
    ...Object.entries(queryFields(operation, schemas)).map(([name, field]) => parameter('query', name, field)),
    ...headers.map(([name, field]) => parameter('header', name, field)),
    ...Object.entries(fields('cookies')).map(([name, field]) => parameter('cookie', name, field)),
  ]
}

/** A path parameter takes its name from `template`: paths that differ in names alone are one in OpenAPI. */
function pathParameters(path: string, template: string, fields: Fields): ParameterObject[] {
  const named = parsePath(template)
  return parsePath(path).flatMap((segment, index) => {
    const as = named[index]
    if (segment.kind === 'literal' || as === undefined || as.kind === 'literal') return []
    const found = parameter('path', as.name, {
      schema: fields[segment.name]?.schema ?? { type: 'string' },
      required: true,
    })
    if (segment.kind !== 'rest') return [found]
    const note = 'The rest of the path; it may hold slashes.'
    const { name, in: place, description, ...others } = found
    return [{ name, in: place, description: description === undefined ? note : `${description}\n\n${note}`, ...others }]
  })
}

function queryFields(operation: Operation, schemas: Schemas): Fields {
  const query = operation.spec.query
  const hint = pascal(operation.id, 'query')
  const named = query === undefined ? undefined : namedFields(query)
  if (named === undefined) return withoutAbsent(fieldsOf(query, hint, schemas), query)
  const found: Fields = {}
  if (isPageQuery(query)) {
    for (const [name, schema] of Object.entries(pagingFields(query)))
      found[name] = { schema: { ...schema }, required: false }
  }
  for (const [name, schema] of Object.entries(named)) {
    const required = !acceptsUndefined(schema)
    found[name] = { schema: schemas.of(schema, 'request', hint + pascal(name)), required, commas: isCommaList(schema) }
  }
  return withoutAbsent(found, query)
}

/** Fields that may be left out because that says something are not required. */
function withoutAbsent(fields: Fields, schema: AnySchema | undefined): Fields {
  if (schema === undefined) return fields
  const absent = absentValues(schema)
  const entries = Object.entries(fields).map(([name, field]) => [
    name,
    absent.has(name) ? { ...field, required: false } : field,
  ])
  return Object.fromEntries(entries)
}

/** True where a schema takes nothing for a value: what it describes may be left out. */
export function acceptsUndefined(schema: object): boolean {
  if (isZodSchema(schema)) return schema._zod.optin !== undefined
  try {
    const result = (schema as Schema)['~standard'].validate(undefined)
    return !(result instanceof Promise) && result.issues === undefined
  } catch {
    return false
  }
}

function parameter(place: ParameterObject['in'], name: string, field: Fields[string]): ParameterObject {
  const { description, deprecated, ...schema } = field.schema
  return {
    name,
    in: place,
    ...(typeof description === 'string' ? { description } : {}),
    ...(field.required ? { required: true } : {}),
    ...(deprecated === true ? { deprecated: true } : {}),
    ...(place === 'query' && mayBeList(schema) ? { style: 'form', explode: field.commas !== true } : {}),
    schema,
  }
}

function mayBeList(schema: JsonSchema): boolean {
  if (schema.type === 'array' || (Array.isArray(schema.type) && schema.type.includes('array'))) return true
  return [schema.anyOf, schema.oneOf].some((list) => Array.isArray(list) && list.some(mayBeList))
}

/** The properties of a schema at its top, through references, unions and intersections. */
export function fieldsOf(
  schema: object | undefined,
  hint: string,
  schemas: Schemas,
  side: 'request' | 'reply' = 'request',
): Fields {
  if (schema === undefined) return {}
  return readFields(schemas.of(schema, side, hint), schemas, 0)
}

function readFields(given: JsonSchema, schemas: Schemas, depth: number): Fields {
  const json = schemas.resolve(given)
  // A schema that is an alternative of itself says nothing more at the second look.
  if (depth > 8) return {}
  const found: Fields = {}
  if (isObject(json.properties)) {
    const required = Array.isArray(json.required) ? json.required : []
    for (const [name, field] of Object.entries(json.properties)) {
      found[name] = { schema: isObject(field) ? field : {}, required: required.includes(name) }
    }
  }
  for (const part of listOf(json.allOf)) {
    for (const [name, field] of Object.entries(readFields(part, schemas, depth + 1))) {
      const known = found[name]
      const schema = known === undefined ? field.schema : both('allOf', known.schema, field.schema)
      found[name] = { schema, required: field.required || known?.required === true }
    }
  }
  const choices = [...listOf(json.anyOf), ...listOf(json.oneOf)]
    .filter((choice) => choice.type !== 'null')
    .map((choice) => readFields(choice, schemas, depth + 1))
  for (const name of new Set(choices.flatMap((choice) => Object.keys(choice)))) {
    const fields = choices.flatMap((choice) => choice[name] ?? [])
    const schema = fields.map((field) => field.schema).reduce((first, second) => both('anyOf', first, second))
    const required = fields.length === choices.length && fields.every((field) => field.required)
    found[name] ??= { schema, required }
  }
  return found
}

function both(how: 'allOf' | 'anyOf', first: JsonSchema, second: JsonSchema): JsonSchema {
  if (canonical(first) === canonical(second)) return first
  const list = Object.keys(first).join() === how ? listOf(first[how]) : [first]
  return list.some((one) => canonical(one) === canonical(second)) ? first : { [how]: [...list, second] }
}

function listOf(value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
