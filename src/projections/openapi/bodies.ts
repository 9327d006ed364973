import type { Content } from '../../contract/content.ts'
import type { JsonSchema, MediaType, RequestBodyObject } from './objects.ts'
import { acceptsUndefined } from './parameters.ts'
import { contentOf } from './schema-uses.ts'
import type { Schemas, Side } from './schemas.ts'

/** The body that an operation takes. */
export function requestBody(body: object, hint: string, schemas: Schemas): RequestBodyObject {
  const content = contentOf(body)
  const schema = content.schema as object | undefined
  return {
    required: schema === undefined || !acceptsUndefined(schema),
    content: mediaTypes(content, 'request', hint, schemas),
  }
}

/** How a body travels, and what it is made of. */
export function mediaTypes(content: Content, side: Side, hint: string, schemas: Schemas): Record<string, MediaType> {
  const schema = contentSchema(content, side, hint, schemas)
  return {
    [content.mediaType]: {
      schema,
      ...(side === 'request' || isPlain(content) ? {} : { 'x-trestle-kind': content.kind }),
    },
  }
}

/** True where a reply's media type alone says how it travels; Trestle's own clients must be told the rest. */
function isPlain({ kind, mediaType }: Content): boolean {
  switch (kind) {
    case 'json':
    case 'form':
    case 'cursor':
    case 'offset':
      return true
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
      return schemas.of(schema, side, hint)
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
