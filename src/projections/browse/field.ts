import type { JsonSchema } from '../openapi/objects.ts'
import { type Html, attribute, html } from './html.ts'
import { type Facts, factsOf, readable } from './schema.ts'
import type { Site } from './site.ts'
import { isRecord } from './shown.ts'

/** How a value is entered; the script of the page reads it so. */
export type FieldKind = 'text' | 'number' | 'boolean' | 'choice' | 'instant' | 'lines' | 'json' | 'object' | 'list'

/** How deep objects are forms of their own; what is deeper is written as JSON. */
const DEEPEST = 3

/** One member of a body, or the body itself. */
export interface Field {
  readonly name: string
  readonly schema: JsonSchema
  readonly required: boolean
  /** What it holds now; undefined where it is not there. */
  readonly value: unknown
  /** Of its form: what tells its fields from those of others. */
  readonly id: string
  readonly depth: number
  /** What `required` does not say: the form changes what is there, so that a field that is emptied is a change too. */
  readonly edits: boolean
}

export function kindOf(site: Site, facts: Facts, depth: number): FieldKind {
  if (facts.choices !== undefined) return 'choice'
  switch (facts.type) {
    case 'boolean':
      return 'boolean'
    case 'integer':
    case 'number':
      return 'number'
    case 'string':
      return facts.schema.format === 'date-time' ? 'instant' : 'text'
    case 'object':
      return facts.properties !== undefined && depth < DEEPEST ? 'object' : 'json'
    case 'array': {
      const items = factsOf(site.document, facts.items)
      if (items.type === 'string' || items.type === 'number' || items.type === 'integer') return 'lines'
      return items.properties !== undefined && depth + 1 < DEEPEST ? 'list' : 'json'
    }
    default:
      return 'json'
  }
}

/** A field with its label, its hint and the place of what is wrong with it. */
export function fieldHtml(site: Site, field: Field): Html {
  const facts = factsOf(site.document, field.schema)
  const kind = kindOf(site, facts, field.depth)
  const { name, id, required } = field
  const label = html`${readable(name)}${!required && !field.edits && html` <span class="dim">optional</span>`}`
  const hint = hintOf(facts, kind)
  const about = html`aria-describedby="${id}-about ${id}-error"`
  const below = html`<p class="hint" id="${id}-about">${hint}</p><p class="error" id="${id}-error" data-error hidden></p>`
  const marks = html`data-field="${name}" data-kind="${kind}" data-empty="${whenEmpty(facts, kind, field)}"`
  if (kind === 'object') {
    return html`<fieldset class="field wide" ${marks}><legend>${label}</legend>${below}${memberFields(site, facts, field)}</fieldset>`
  }
  if (kind === 'list') {
    const items = Array.isArray(field.value) ? field.value : required && !field.edits ? [undefined] : []
    return html`<fieldset class="field wide" ${marks}><legend>${label}</legend>${below}
<div data-items>${items.map((value, i) => itemHtml(site, facts, field, value, String(i)))}</div>
<template>${itemHtml(site, facts, field, undefined, 'new')}</template>
<button type="button" class="quiet" data-add>Add to ${readable(name).toLowerCase()}</button></fieldset>`
  }
  const wide = kind === 'json' || kind === 'lines' || isLong(facts, name)
  return html`<div class="field${wide && ' wide'}" ${marks}><label for="${id}">${label}</label>${input(site, facts, kind, field, about)}${below}</div>`
}

/** The fields of an object, one for each of its members. */
export function memberFields(site: Site, facts: Facts, field: Field): Html {
  const value = isRecord(field.value) ? field.value : {}
  const all = Object.entries(facts.properties ?? {}).filter(([, schema]) => schema.readOnly !== true)
  return html`<div class="grid" data-members>${all.map(([name, schema]) =>
    fieldHtml(site, {
      name,
      schema,
      required: facts.required.includes(name),
      value: value[name],
      id: `${field.id}-${name}`,
      depth: field.depth + 1,
      edits: field.edits,
    }),
  )}</div>`
}

function itemHtml(site: Site, facts: Facts, field: Field, value: unknown, at: string): Html {
  const item = factsOf(site.document, facts.items)
  const inner: Field = { ...field, value, id: `${field.id}-${at}`, depth: field.depth + 1, edits: false }
  return html`<div class="item" data-kind="object" data-empty="absent">${memberFields(site, item, inner)}<p class="error" data-error hidden></p><button type="button" class="quiet" data-remove aria-label="Remove this one">Remove</button></div>`
}

/** What a field that is left empty sends. */
function whenEmpty(facts: Facts, kind: FieldKind, { required, edits }: Field): 'absent' | 'null' | 'text' {
  if (facts.nullable && (edits || required)) return 'null'
  if (kind !== 'text') return 'absent'
  return edits ? 'text' : 'absent'
}

/** A text of several lines, as far as a schema can tell. */
function isLong({ schema }: Facts, name: string): boolean {
  return typeof schema.maxLength === 'number' && schema.maxLength > 255 && !SECRET.test(name)
}

/** What is not to be seen while it is written. */
const SECRET = /password|passwd|secret|token/i

function hintOf({ schema }: Facts, kind: FieldKind): string {
  const said = typeof schema.description === 'string' ? schema.description : ''
  const { minimum, maximum, minLength, maxLength } = schema
  const bounds =
    minimum !== undefined && maximum !== undefined
      ? `${minimum} to ${maximum}`
      : minimum !== undefined
        ? `${minimum} or more`
        : maximum !== undefined
          ? `${maximum} at the most`
          : typeof maxLength === 'number' && maxLength < 100_000
            ? `${typeof minLength === 'number' && minLength > 0 ? `${minLength} to ` : 'up to '}${maxLength} characters`
            : ''
  const form = kind === 'lines' ? 'One in each line' : kind === 'json' ? 'JSON' : kind === 'instant' ? 'UTC' : ''
  return [said, bounds, form].filter((part) => part !== '').join('. ')
}

function input(site: Site, facts: Facts, kind: FieldKind, { id, name, value, required }: Field, about: Html): Html {
  const own = html`id="${id}" ${about} data-input${attribute('aria-required', required ? 'true' : undefined)}`
  switch (kind) {
    case 'boolean':
    case 'choice': {
      const choices = kind === 'boolean' ? [true, false] : (facts.choices ?? [])
      const option = (one: unknown): Html =>
        html`<option value="${JSON.stringify(one)}"${attribute('selected', one === value)}>${one === true ? 'yes' : one === false ? 'no' : String(one)}</option>`
      return html`<select ${own}><option value=""></option>${choices.map(option)}</select>`
    }
    case 'lines': {
      const items = factsOf(site.document, facts.items)
      const lines = Array.isArray(value) ? value.join('\n') : ''
      return html`<textarea ${own} rows="3" data-items-are="${items.type}">\n${lines}</textarea>`
    }
    case 'json':
      return html`<textarea ${own} rows="4" class="code" spellcheck="false">\n${value === undefined || value === null ? '' : JSON.stringify(value, null, 2)}</textarea>`
    case 'number':
      return html`<input ${own} inputmode="${facts.type === 'integer' ? 'numeric' : 'decimal'}" autocomplete="off" value="${value as number}">`
    default: {
      const text = typeof value === 'string' ? value : ''
      if (isLong(facts, name)) return html`<textarea ${own} rows="4">\n${text}</textarea>`
      const isSecret = facts.schema.format === 'password' || SECRET.test(name)
      const type = isSecret ? 'password' : facts.schema.format === 'date' ? 'date' : 'text'
      const fill = isSecret ? 'current-password' : /^user_?name$/i.test(name) ? 'username' : undefined
      return html`<input ${own} type="${type}" value="${text}"${attribute('autocomplete', fill)}>`
    }
  }
}
