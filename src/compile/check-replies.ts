import type { Content } from '../contract/content.ts'
import type { EndpointSpec } from '../contract/endpoint.ts'
import { contentOf, formatOf, isFormat } from '../contract/formats.ts'
import { isPageQuery } from '../contract/page.ts'
import type { ReplySpec } from '../contract/reply-spec.ts'
import { type AnySchema, isSchema } from '../contract/schema.ts'
import type { Operation } from '../contract/walk.ts'
import { checkBody, checkSchema } from './check-body.ts'
import { replySpecs } from './reply-specs.ts'
import { offersOf } from './offers.ts'
import type { Note } from './start-error.ts'
import { fieldsOf } from './text-kind.ts'
import { trimmedCheck } from './trimmed-check.ts'

/** Checks the replies an operation declares: each by itself, and that a caller can tell them apart. */
export function checkReplies(operation: Operation, note: Note): void {
  const replies = replySpecs(operation)
  const { returns } = operation.spec
  for (const [index, one] of Array.isArray(returns) ? returns.entries() : []) {
    if (one === undefined) note(`returns.${index}`, 'is undefined', 'check for modules that import each other')
  }
  for (const reply of replies) checkReply(reply, note)
  checkAlternatives(replies, note)
  for (const reply of replies) checkPaging(reply, operation.spec.query, note)
  checkFormats(operation, replies, note)
}

/** A form that an endpoint itself names must be one that something of it can have. Of a group or an API it holds where it can. */
function checkFormats({ spec, formats }: Operation, replies: readonly ReplySpec[], note: Note): void {
  if (!Array.isArray(spec.formats) || spec.formats !== formats || !spec.formats.every(isFormat)) return
  const contents = replies.flatMap(({ body }) => (body === undefined || body === 'location' ? [] : [contentOf(body)]))
  const given = new Set(contents.flatMap((one) => (offersOf(one, formats) ?? []).map(({ name }) => name)))
  for (const name of ['csv', 'ndjson'] as const) {
    if (given.has(name) || !spec.formats.some((one) => formatOf(one).name === name)) continue
    const what = name === 'csv' ? 'a list of objects' : 'a list'
    note('formats', `"${name}" is of ${what}, and no reply is one`, `take it out, or answer with page.of(…) or rows(…)`)
  }
}

/** What the Link of a page leads on by must be read by its query, or callers get the same page again and again. */
function checkPaging({ status, body }: ReplySpec, query: EndpointSpec['query'], note: Note): void {
  const { kind } = Object(body) as Partial<Content>
  if (kind !== 'cursor' && kind !== 'offset') return
  const fields = isSchema(query) ? fieldsOf(query) : new Map()
  const lost = (kind === 'cursor' ? ['cursor'] : ['limit', 'offset']).find((name) => fields?.has(name) === false)
  if (lost === undefined) return
  const paged = `query: page.${kind}(…)`
  const other = kind === 'cursor' ? "page.of(…, 'offset')" : 'page.of(…)'
  note(
    `returns ${status}`,
    `its Link leads on by "${lost}", which the query does not have`,
    isPageQuery(query) ? `write ${other}, or ${paged}` : `give it ${paged}`,
  )
}

function checkReply(reply: ReplySpec, note: Note): void {
  const { status, body, headers, location } = reply
  const field = `returns ${status}`
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    note(field, `${status} is no status of a reply`, 'use a whole number from 200 to 599')
  }
  if (location !== undefined && typeof location !== 'function') {
    note(field, 'location is no function', 'give it (body) => address')
  }
  if (headers !== undefined) checkSchema(`${field} headers`, headers, 'text', note)
  if (body === undefined || body === 'location') return
  if (status === 204 || status === 205 || status === 304) {
    note(
      field,
      `a ${status} reply has no body (RFC 9110 §6.4.1)`,
      'leave the body out: noContent(), or status(304, undefined)',
    )
  }
  checkBody(field, body as AnySchema | Content, 'out', note)
  checkTrimming(field, body as AnySchema | Content, note)
}

/** What a reply does not declare must not leave, so each schema must let it be dropped. */
function checkTrimming(field: string, body: AnySchema | Content, note: Note): void {
  const schema = isSchema(body) ? body : Object(body).schema
  if (!isSchema(schema)) return
  try {
    trimmedCheck(schema)
  } catch {
    note(
      field,
      'has a union inside whose members arktype cannot tell apart, so what they do not declare cannot be dropped',
      `give each member a literal of its own, such as { kind: "'a'", … }`,
    )
  }
}

/** A caller tells replies of one status apart by their media type alone. */
function checkAlternatives(replies: readonly ReplySpec[], note: Note): void {
  const kinds = new Map<string, string>()
  const empty = new Set(replies.filter(({ body }) => body === undefined).map(({ status }) => status))
  for (const { status, body } of replies) {
    if (body === undefined || body === 'location') continue
    if (empty.delete(status)) {
      note(`returns ${status}`, 'has a body and has none', 'give one of them another status: noContent() is 204')
    }
    const { kind = 'json', mediaType = 'application/json' } = isSchema(body) ? {} : (Object(body) as Partial<Content>)
    const travels = kind === 'cursor' || kind === 'offset' ? 'json' : kind
    const key = `${status} ${mediaType}`
    const before = kinds.get(key)
    kinds.set(key, before ?? travels)
    if (before === undefined || before === travels) continue
    note(
      `returns ${status}`,
      `${mediaType} is both ${before} and ${travels}: a caller cannot tell which`,
      'give one of them another status or another media type',
    )
  }
}
