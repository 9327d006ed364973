import type { BodyDeclared, Content, ContentKind } from '../contract/content.ts'
import { contentOf, contentsOf, essenceOf } from '../contract/formats.ts'
import { formSize, isMultipartForm } from '../contract/multipart.ts'
import { MEDIA_TYPE } from '../contract/media-type.ts'
import { type PageQuery, isPageQuery } from '../contract/page.ts'
import { namedFields } from '../contract/query-fields.ts'
import { type AnySchema, type Schema, isSchema } from '../contract/schema.ts'
import type { Note } from './start-error.ts'
import { unsendableArktype } from './unsendable-arktype.ts'
import { type Side, type Unsendable, unsendable } from './unsendable.ts'
import { isZodSchema } from './zod-schema.ts'

/** Which way each kind of body can travel. */
const WAYS: Readonly<Record<ContentKind, 'both' | 'in' | 'out'>> = {
  json: 'both',
  text: 'both',
  bytes: 'both',
  stream: 'both',
  form: 'in',
  xml: 'both',
  multipart: 'in',
  file: 'out',
  cursor: 'out',
  offset: 'out',
  rows: 'out',
}

const WITHOUT_SCHEMA: readonly ContentKind[] = ['text', 'bytes', 'stream', 'file']

/** Checks what a request may have as its body: one, or several that a caller can tell apart. */
export function checkBodies(body: BodyDeclared, note: Note): void {
  if (!Array.isArray(body)) return checkBody('body', body as AnySchema | Content, 'in', note)
  if (body.length === 0) note('body', 'is an empty list', 'list what is taken, or leave it out')
  const taken = new Set<string>()
  for (const [index, one] of body.entries()) {
    checkBody(`body.${index}`, one, 'in', note)
    const { kind, mediaType: given } = contentOf(one)
    if (WAYS[kind] === 'out' || !(isSchema(one) || Object(one).is === 'content')) continue
    const mediaType = essenceOf(given)
    if (taken.has(mediaType)) {
      note(
        `body.${index}`,
        `${mediaType} is taken already`,
        'give one of them another media type, or make them one schema',
      )
    }
    taken.add(mediaType)
  }
}

/** Checks a body that comes in, or goes out. */
export function checkBody(field: string, body: AnySchema | Content, way: 'in' | 'out', note: Note): void {
  if (isSchema(body)) return checkSchema(field, body, way === 'in' ? 'input' : 'output', note)
  const { is, kind, mediaType, schema } = Object(body) as Content
  if (is !== 'content')
    return note(field, 'is neither a schema nor a content type', 'give it a schema, or a content type such as text()')
  if (!MEDIA_TYPE.test(mediaType))
    note(field, `${JSON.stringify(mediaType)} is no media type`, 'write it as "text/csv; header=present"')
  if (WAYS[kind] !== 'both' && WAYS[kind] !== way) {
    const [what, mend] =
      way === 'in'
        ? [`${kind}(…) is only for replies`, 'take stream() or bytes()']
        : [`${kind}(…) is only for request bodies`, 'answer with a schema or text()']
    return note(field, what, mend)
  }
  if (WITHOUT_SCHEMA.includes(kind)) return
  if (isMultipartForm(schema)) return checkSchema(field, schema.texts, 'text', note)
  if (!isSchema(schema)) {
    return note(field, `${kind}(…) was given something that is no schema`, 'give it a zod, valibot or arktype schema')
  }
  checkSchema(field, schema, kind === 'form' ? 'text' : way === 'in' ? 'input' : 'output', note)
}

/** Checks a limit of the body that an endpoint states itself: a file that is taken has to fit in it. */
export function checkBodyLimit(body: unknown, limit: number | undefined, note: Note): void {
  const form =
    body === undefined
      ? undefined
      : contentsOf(body)
          .map(({ schema }) => schema)
          .find(isMultipartForm)
  if (limit === undefined || form === undefined) return
  for (const [name, { most }] of Object.entries(form.uploads)) {
    if (most <= limit) continue
    const what = `is ${limit}, and the file "${name}" alone may have ${most} bytes`
    note('limits.body', what, `leave it out, for it is ${formSize(form)} then, or take a smaller file`)
  }
}

/** Notes what the wire cannot carry: dates, maps, functions in JSON; what JSON Schema cannot describe. */
export function checkSchema(field: string, schema: AnySchema, side: Side, note: Note): void {
  if (!isSchema(schema)) {
    return note(field, 'is not a schema', 'give it a zod, valibot or arktype schema')
  }
  const named = namedFields(schema)
  if (named !== undefined) {
    if (isPageQuery(schema)) checkPageQuery(field, schema, note)
    for (const [name, one] of Object.entries(named)) checkSchema(`${field}.${name}`, one, side, note)
    return
  }
  try {
    for (const { path, what, mend } of unsendableOf(schema, side)) note([field, ...path].join('.'), what, mend)
  } catch (error) {
    note(field, `has no JSON form: ${(error as Error).message}`, 'use types that JSON has')
  }
}

function unsendableOf(schema: Schema, side: Side): Unsendable[] {
  if (isZodSchema(schema)) return unsendable(schema as never, side)
  const { vendor, jsonSchema } = schema['~standard']
  if (vendor === 'arktype') return unsendableArktype(schema, side)
  jsonSchema?.[side === 'output' ? 'output' : 'input']({ target: 'draft-2020-12' })
  return []
}

function checkPageQuery(field: string, { size, fields, mode }: PageQuery, note: Note): void {
  if (size.usual > size.most) {
    note(field, `${size.usual} items are usual, but ${size.most} the most`, 'give { usual, most } that go together')
  }
  for (const name of ['limit', mode]) {
    if (Object.hasOwn(fields, name)) {
      note(`${field}.${name}`, 'a page has a field of this name already', 'call yours something else')
    }
  }
}
