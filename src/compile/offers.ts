import type { Content } from '../contract/content.ts'
import { type Format, contentOf, formatOf, formatsOf } from '../contract/formats.ts'
import type { AnySchema } from '../contract/schema.ts'
import { isSchema } from '../contract/schema.ts'
import type { Operation } from '../contract/walk.ts'
import { replySpecs } from './reply-specs.ts'
import { type Shape, isList, shapeOf } from './shape.ts'

/**
 * The forms that a reply's content is given in, the first for who does not say; undefined where it has one that is no
 * choice. CSV and NDJSON are of lists, and CSV of items that have fields.
 */
export function offersOf(content: Content, formats: Operation['formats']): readonly Format[] | undefined {
  const given = formatsOf(content, formats)
  if (given === undefined || !isSchema(content.schema)) return undefined
  const offers = given.filter(({ name }) => canBe(name, content))
  return offers.length === 0 ? [{ ...formatOf('json'), mediaType: content.mediaType }] : offers
}

function canBe(name: Format['name'], content: Content): boolean {
  if (name === 'json' || name === 'xml') return true
  const item = itemShape(content)
  return item !== undefined && (name === 'ndjson' || (item.fields?.size ?? 0) > 0)
}

/** What an item of a list is like; undefined where a content is none. */
export function itemShape({ kind, schema }: Content): Shape | undefined {
  const shape = shapeOf(schema as AnySchema)
  if (kind !== 'json') return shape
  return isList(shape) ? shape.items : undefined
}

/**
 * All media types that an operation's successful replies come in, where callers have a choice; none where only a failure
 * has several, which refuses nobody. undefined where nothing has.
 */
export function choiceOf(operation: Operation): readonly string[] | undefined {
  const mediaTypes: string[] = []
  let isChoice = false
  let isChoiceOfSuccess = false
  for (const { status, body } of replySpecs(operation)) {
    if (body === undefined || body === 'location') continue
    const content = contentOf(body)
    const offers = offersOf(content, operation.formats)
    const isSuccess = status < 300
    if (offers !== undefined && offers.length > 1) {
      isChoice = true
      isChoiceOfSuccess ||= isSuccess
    }
    if (isSuccess) mediaTypes.push(...(offers ?? [content]).map(({ mediaType }) => mediaType))
  }
  if (!isChoice) return undefined
  return isChoiceOfSuccess ? [...new Set(mediaTypes)] : []
}
