import type { Operation, Parameter } from './description.ts'
import { type Draft, newDraft, setHeader } from './draft.ts'
import { writeJson } from './hostile.ts'
import type { Memory } from './memory.ts'
import type { Random } from './random.ts'
import type { SchemaValues } from './schema-value.ts'

/** A request by its parts, as an operation describes them, before it is bytes. */
export interface Parts {
  readonly operation: Operation
  /** Values of path parameters, unescaped. */
  readonly params: Map<string, string>
  query: [name: string, value: string][]
  headers: [name: string, value: string][]
  cookies: [name: string, value: string][]
  mediaType: string | undefined
  /** What the body says; undefined where there is none. */
  value: unknown
}

export interface Maker {
  readonly values: SchemaValues
  readonly memory: Memory
  /** The `Authorization` of what earlier replies called a token. */
  readonly authorization: ((token: string) => string) | undefined
  /** Header fields that callers are known by. */
  readonly shown: readonly (readonly [name: string, value: string])[]
}

/** Makes a request that an operation describes. Half of the paths are of what earlier replies spoke of. */
export function makeParts(operation: Operation, maker: Maker, random: Random, known = 0.5): Parts {
  const { values, memory } = maker
  const parts: Parts = {
    operation,
    params: new Map(),
    query: [],
    headers: [],
    cookies: [],
    mediaType: undefined,
    value: undefined,
  }
  const there = random.chance(known) ? memory.params(operation, random) : []
  let place = 0
  for (const parameter of operation.parameters) {
    if (parameter.in === 'path') {
      const text = there[place++] ?? texts(values.make(parameter.schema, random, parameter.name))[0] ?? ''
      // An empty segment is another path.
      parts.params.set(parameter.name, text === '' ? 'x' : text)
      continue
    }
    if (!parameter.required && !random.chance(0.35)) continue
    const value = values.make(parameter.schema, random, parameter.name)
    if (value === undefined) continue
    add(parts, parameter, texts(value))
  }
  if (operation.body !== undefined && (operation.body.required || random.chance(0.8))) {
    const [mediaType, { schema }] = random.pick(Object.entries(operation.body.content))
    parts.mediaType = mediaType
    parts.value = values.make(schema ?? {}, random)
  }
  if (maker.authorization !== undefined && (operation.secured || random.chance(0.3)) && random.chance(0.9)) {
    const token = memory.field('token', random)
    if (typeof token === 'string') parts.headers.push(['Authorization', maker.authorization(token)])
  }
  if (operation.secured && maker.shown.length > 0 && random.chance(0.95)) {
    const [name, value] = random.pick(maker.shown)
    parts.headers.push([name, value])
  }
  return parts
}

function add(parts: Parts, parameter: Parameter, list: readonly string[]): void {
  if (parameter.in === 'query') for (const text of list) parts.query.push([parameter.name, text])
  else if (parameter.in === 'header') parts.headers.push([parameter.name, list.map(headerText).join(', ')])
  else for (const text of list) parts.cookies.push([parameter.name, encodeURIComponent(text.toWellFormed())])
}

/** A value as a parameter carries it; a list comes piece by piece. */
function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.map((item) => texts(item)[0] ?? '')
  return [value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value)]
}

/** What a field value may hold (RFC 9110 §5.5), with no blanks at its ends. */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e ]/g, '').trim()
}

/** The request that the parts are. */
export function toDraft(parts: Parts): Draft {
  const { operation, params } = parts
  const path = operation.path.replace(/\{([^}]*)\}/g, (_, name) => escapeSegment(params.get(name) ?? ''))
  const draft = newDraft(operation.method, path)
  if (parts.query.length > 0) draft.query = parts.query.map((pair) => pair.map(escapeField).join('=')).join('&')
  for (const [name, value] of parts.headers) setHeader(draft, name, value)
  if (parts.cookies.length > 0) setHeader(draft, 'Cookie', parts.cookies.map((pair) => pair.join('=')).join('; '))
  if (parts.mediaType !== undefined) {
    setHeader(draft, 'Content-Type', parts.mediaType)
    draft.body = bodyOf(parts.mediaType, parts.value)
  }
  return draft
}

/** `encodeURIComponent` leaves `.` alone, and a segment of dots alone leads elsewhere: nobody can ask for those. */
function escapeSegment(text: string): string {
  return /^\.{1,2}$/.test(text) ? 'x' : encodeURIComponent(text.toWellFormed())
}

function escapeField(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%20', '+')
}

function bodyOf(mediaType: string, value: unknown): Uint8Array {
  if (mediaType === 'application/x-www-form-urlencoded') return Buffer.from(formOf(value))
  if (/[/+]json$/.test(mediaType)) return Buffer.from(writeJson(value))
  return Buffer.from(typeof value === 'string' ? value.toWellFormed() : writeJson(value))
}

function formOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return escapeField(writeJson(value))
  return Object.entries(value)
    .flatMap(([name, field]) => (Array.isArray(field) ? field.map((item) => [name, item]) : [[name, field]]))
    .map(([name, field]) => `${escapeField(name)}=${escapeField(typeof field === 'string' ? field : writeJson(field))}`)
    .join('&')
}
