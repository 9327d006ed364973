import { offersOf } from '../../compile/offers.ts'
import { rootName } from '../../compile/representations.ts'
import type { Content } from '../../contract/content.ts'
import { type Format, essenceOf, readableFormat, requestContents } from '../../contract/formats.ts'
import type { Operation } from '../../contract/walk.ts'
import { absentValues } from '../../compile/absent.ts'
import { type MultipartForm, isMultipartForm } from '../../contract/multipart.ts'
import { pascal } from './json-schema.ts'
import type { JsonSchema, MediaType, RequestBodyObject } from './objects.ts'
import { acceptsUndefined } from './parameters.ts'
import type { Schemas, Side } from './schemas.ts'

/** The body that an operation takes: one of those that are listed. */
export function requestBody({ spec, formats }: Operation, hint: string, schemas: Schemas): RequestBodyObject {
  const contents = requestContents(spec.body, formats)
  const mayBeLeftOut = contents.every(
    ({ schema }) => schema !== undefined && !isMultipartForm(schema) && acceptsUndefined(schema as object),
  )
  return {
    required: !mayBeLeftOut,
    content: Object.assign({}, ...contents.map((content) => mediaTypes(content, 'request', hint, schemas))),
  }
}

/** How a body travels, and what it is made of. */
export function mediaTypes(content: Content, side: Side, hint: string, schemas: Schemas): Record<string, MediaType> {
  if (isMultipartForm(content.schema)) return { [content.mediaType]: formOf(content.schema, hint, schemas) }
  const plain = contentSchema(content, side, hint, schemas)
  const schema = content.kind === 'xml' && side === 'reply' ? called(content, plain, schemas) : plain
  return {
    [content.mediaType]: {
      schema,
      ...(side === 'request' || isPlain(content) ? {} : { 'x-trestle-kind': content.kind }),
    },
  }
}

/** How a reply travels, in each form that it has. Trestle's own clients are told which they are not to ask for. */
export function replyMediaTypes(
  content: Content,
  { formats }: Operation,
  hint: string,
  schemas: Schemas,
): Record<string, MediaType> {
  const offers = offersOf(content, formats)
  if (offers === undefined) return mediaTypes(content, 'reply', hint, schemas)
  const own = readableFormat(content.kind, offers)
  return Object.fromEntries(
    offers.map((offer) => {
      const kind = offer !== own ? 'other' : content.kind === 'rows' ? 'rows' : undefined
      const schema = formSchema(offer, content, hint, schemas)
      const mediaType = offer.name === 'json' ? offer.mediaType : essenceOf(offer.mediaType)
      return [mediaType, { schema, ...(kind === undefined ? {} : { 'x-trestle-kind': kind }) }]
    }),
  )
}

/** OpenAPI describes JSON and XML by a schema of the value; what is lines and records is text. */
function formSchema({ name }: Format, content: Content, hint: string, schemas: Schemas): JsonSchema {
  switch (name) {
    case 'json':
      return contentSchema(content, 'reply', hint, schemas)
    case 'xml':
      return called(content, contentSchema(content, 'reply', hint, schemas), schemas)
    case 'ndjson':
      return { type: 'string', description: 'A line of JSON for each item' }
    case 'csv':
      return {
        type: 'string',
        description: 'A record for each item, after one of the names of their fields (RFC 4180)',
      }
  }
}

/** With the name of the outermost element. In all else XML is as OpenAPI has it: elements are called as fields are. */
function called(content: Content, schema: JsonSchema, schemas: Schemas): JsonSchema {
  return { ...schema, xml: { name: rootName(content, schemas.named(content.schema)) } }
}

/** True where a reply's media type alone says how it travels; Trestle's own clients must be told the rest. */
function isPlain({ kind, mediaType }: Content): boolean {
  switch (kind) {
    case 'json':
    case 'form':
    case 'multipart':
    case 'cursor':
    case 'offset':
      return true
    case 'xml':
    case 'rows':
      return false
    case 'text':
      return mediaType.startsWith('text/')
    case 'bytes':
      return !isText(mediaType)
    case 'stream':
    case 'file':
      return false
  }
}

function contentSchema(content: Content, side: Side, hint: string, schemas: Schemas): JsonSchema {
  const schema = content.schema as object | undefined
  switch (content.kind) {
    case 'json':
    case 'form':
    case 'xml':
    case 'multipart':
      return schemas.of(schema, side, hint)
    case 'rows':
      return { type: 'array', items: schemas.of(schema, side, hint) }
    case 'text':
      return { type: 'string' }
    case 'cursor':
      return pageSchema(schemas.of(schema, side, hint), {
        next_cursor: {
          type: ['string', 'null'],
          description: 'Give it as `cursor` for the next page; null on the last',
        },
      })
    case 'offset':
      return pageSchema(schemas.of(schema, side, hint), {
        total: { type: 'integer', minimum: 0, description: 'How many items the whole list has' },
      })
    case 'bytes':
    case 'stream':
    case 'file':
      return isText(content.mediaType) ? { type: 'string' } : BINARY
  }
}

/**
 * OpenAPI 3.1 would have no schema here, but generators read that as "anything"; `format: binary` is
 * what makes them take a Blob.
 */
const BINARY: JsonSchema = { type: 'string', format: 'binary' }

/** A form of text and files: a property for each, and the media types that files may have. */
function formOf({ texts, uploads }: MultipartForm, hint: string, schemas: Schemas): MediaType {
  const properties: Record<string, JsonSchema> = {}
  const required: string[] = []
  const absent = absentValues(texts)
  for (const [name, field] of Object.entries(texts.fields)) {
    properties[name] = schemas.of(field, 'request', hint + pascal(name))
    if (!acceptsUndefined(field) && !absent.has(name)) required.push(name)
  }
  const encoding: Record<string, { contentType: string }> = {}
  for (const [name, { most, many, types, optional }] of Object.entries(uploads)) {
    const [type = 'application/octet-stream', ...others] = types ?? []
    // Its length in bytes (OpenAPI 3.1.1 §4.4.2).
    const one = { ...BINARY, ...(others.length === 0 ? { contentMediaType: type } : {}), maxLength: most }
    const least = optional ? {} : { minItems: 1 }
    properties[name] = many === undefined ? one : { type: 'array', items: one, ...least, maxItems: many }
    if (!optional) required.push(name)
    encoding[name] = { contentType: [type, ...others].join(', ') }
  }
  return {
    schema: { type: 'object', ...(required.length > 0 ? { required } : {}), properties, additionalProperties: false },
    encoding,
  }
}

function isText(mediaType: string): boolean {
  return /^text\/|[/+](json|xml|x-ndjson|jsonl|json-seq)(;|$)/.test(mediaType)
}

function pageSchema(item: JsonSchema, beside: Record<string, JsonSchema>): JsonSchema {
  return {
    type: 'object',
    required: ['items', ...Object.keys(beside)],
    properties: { items: { type: 'array', items: item }, ...beside },
  }
}
