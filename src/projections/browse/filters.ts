import { pointerKey } from '../../contract/json-pointer.ts'
import type { ParameterObject } from '../openapi/objects.ts'
import { type Html, attribute, html } from './html.ts'
import { type Facts, factsOf, readable } from './schema.ts'
import { type Shown, errorsOf, hrefOf } from './shown.ts'
import { sortField } from './list.ts'

/** Marks the query of a form: fields that were left empty are no filters. */
export const FORM_MARK = '~form'

/** What says where in a list one is: it does not hold for another list. */
const PLACES = new Set(['cursor', 'offset'])

/** What of a list is shown, rather than which of its rows. */
const OF_VIEW = /^(?:limit|count|fields|expand)$/

/** A form of what a list can be narrowed by: the fields of its query. It works without a script. */
export function filterSection(shown: Shown): Html {
  const sort = sortField(shown)
  const fields = (shown.action?.parameters ?? []).filter(
    ({ in: place, name }) => place === 'query' && !PLACES.has(name) && name !== sort,
  )
  if (fields.length === 0) return html``
  const errors = errorsByField(shown)
  const parts = fields.map((field) => partOf(shown, field, errors.get(field.name))).filter((part) => part !== undefined)
  const search = parts.find(({ field }) => field.name === 'q')
  const ofView = parts.filter(({ field }) => OF_VIEW.test(field.name))
  const narrowing = parts.filter((part) => part !== search && !ofView.includes(part))
  // Where there are few, all are shown.
  const isMain = (part: FilterPart): boolean => part.isMain || narrowing.length <= 6
  const [main, more] = [narrowing.filter(isMain), narrowing.filter((part) => !isMain(part))]
  const isUsed = narrowing.some((part) => part.isUsed)
  const isTouched = parts.some((part) => part.isUsed) || errors.size > 0
  return html`<form class="filters" method="get" action="${hrefOf(shown, shown.path)}" role="search" aria-label="Filters" data-filters>
<input type="hidden" name="${FORM_MARK}" value="1">${sort !== undefined && html`<input type="hidden" name="${sort}" value="${shown.search.getAll(sort).join(',')}">`}
${search?.control}
${
  narrowing.length > 0 &&
  html`<details${openFor(narrowing, search === undefined && main.length <= 4)}><summary>Filters${isUsed && html` <span class="flag">in use</span>`}</summary>
<div class="grid">${main.map(({ control }) => control)}</div>
${more.length > 0 && html`<details${openFor(more)}><summary>More</summary><div class="grid">${more.map(({ control }) => control)}</div></details>`}
</details>`
}
${ofView.length > 0 && html`<details${openFor(ofView.filter(({ error }) => error))}><summary>What is shown</summary><div class="grid">${ofView.map(({ control }) => control)}</div></details>`}
<p class="buttons"><button type="submit">Apply</button>${isTouched && html` <a class="button quiet" href="${hrefOf(shown, shown.path)}">Clear</a>`}</p>
</form>`
}

function openFor(parts: readonly FilterPart[], usually = false): Html {
  return attribute('open', usually || parts.some(({ isUsed, error }) => isUsed || error))
}

interface FilterPart {
  readonly field: ParameterObject
  readonly control: Html
  readonly isMain: boolean
  readonly isUsed: boolean
  readonly error: boolean
}

function partOf(shown: Shown, field: ParameterObject, error: string | undefined): FilterPart | undefined {
  const { name } = field
  const facts = factsOf(shown.site.document, field.schema)
  const [, base = name, operator] = /^(.*?)(?:\[(\w+)\])?$/.exec(name) ?? []
  const values = shown.search.getAll(name)
  // A set of what there is no list of: a form has no good way to say it.
  if (operator === 'in' && values.length === 0 && !hasWords(shown, facts)) return undefined
  return {
    field,
    control: control(shown, field, facts, labelOf(base, operator), values, error),
    isMain: isMain(shown, base, operator, facts),
    isUsed: values.length > 0,
    error: error !== undefined,
  }
}

function hasWords({ site }: Shown, { items }: Facts): boolean {
  return items !== undefined && factsOf(site.document, items).choices !== undefined
}

/** Of the ways to compare a column, the one or two that are asked for most. */
function isMain({ action }: Shown, base: string, operator: string | undefined, facts: Facts): boolean {
  const has = (other: string): boolean => action?.parameters.some(({ name }) => name === `${base}[${other}]`) === true
  const isEqual = facts.choices !== undefined || /(?:_id|Id)$/.test(base) || !(has('contains') || has('gte'))
  if (operator === undefined) return isEqual
  if (operator === 'contains') return !isEqual
  return (operator === 'gte' || operator === 'lte') && !has('contains') && !/(?:_id|Id)$/.test(base)
}

const OPERATORS: Readonly<Record<string, string>> = {
  ne: 'is not',
  in: 'is one of',
  gt: 'above',
  gte: 'from',
  lt: 'below',
  lte: 'up to',
  contains: 'has in it',
  starts: 'begins with',
  null: 'is empty',
}

function labelOf(base: string, operator: string | undefined): string {
  if (base === 'q') return 'Search'
  return operator === undefined ? readable(base) : `${readable(base)} ${OPERATORS[operator] ?? operator}`
}

function control(
  { site }: Shown,
  { name, description }: ParameterObject,
  facts: Facts,
  label: string,
  values: readonly string[],
  error: string | undefined,
): Html {
  const id = `filter-${name}`
  const said = error !== undefined && html`<p class="error" id="${id}-error">${error}</p>`
  const about = html`${attribute('aria-invalid', error === undefined ? undefined : 'true')}${attribute('aria-describedby', error === undefined ? undefined : `${id}-error`)}`
  const choices = facts.choices ?? (facts.type === 'boolean' ? [true, false] : undefined)
  if (choices !== undefined) {
    const option = (one: unknown): Html =>
      html`<option value="${String(one)}"${attribute('selected', values.includes(String(one)))}>${choiceLabel(one)}</option>`
    return html`<div class="field"><label for="${id}">${label}</label><select id="${id}" name="${name}"${about}><option value="">any</option>${choices.map(option)}</select>${said}</div>`
  }
  const words = facts.type === 'array' && facts.items ? factsOf(site.document, facts.items).choices : undefined
  if (words !== undefined) {
    const chosen = new Set(values.flatMap((value) => value.split(',')))
    const box = (one: unknown): Html =>
      html`<label class="check"><input type="checkbox" name="${name}" value="${String(one)}"${attribute('checked', chosen.has(String(one)))}> ${String(one)}</label>`
    return html`<fieldset class="field wide"${about}><legend>${label}</legend><div class="checks">${words.map(box)}</div>${said}</fieldset>`
  }
  const inputs = facts.type === 'array' && values.length > 1 ? values : [values[0] ?? '']
  const type = facts.schema.format === 'date' ? 'date' : 'text'
  const input = (value: string, i: number): Html =>
    html`<input id="${i === 0 ? id : `${id}-${i}`}" name="${name}" type="${type}" value="${value}"${attribute('placeholder', placeholder(facts))}${attribute('title', description)}${about}${attribute('inputmode', inputMode(facts))}>`
  return html`<div class="field${name === 'q' && ' search'}"><label for="${id}">${label}</label>${inputs.map(input)}${said}</div>`
}

function choiceLabel(value: unknown): string {
  return value === true ? 'yes' : value === false ? 'no' : String(value)
}

/** A control for numbers alone would not show what was refused. */
function inputMode({ type }: Facts): string | undefined {
  return type === 'integer' ? 'numeric' : type === 'number' ? 'decimal' : undefined
}

function placeholder({ schema }: Facts): string | undefined {
  if (schema.format === 'date-time') return '2026-01-31T12:00:00Z'
  return schema.default === undefined ? undefined : String(schema.default)
}

/** What is wrong with the query, by field: `/query/total[gte]` is about `total[gte]`. */
function errorsByField({ value, status }: Shown): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  if (status < 400) return found
  for (const [pointer, message] of errorsOf(value)) {
    const [, where, field] = pointer.split('/')
    if (where === 'query' && field !== undefined) found.set(pointerKey(field), message)
  }
  return found
}

/** A query without the mark of a form and the fields that were left empty; undefined where nothing has to go. */
export function withoutEmpty(search: string): string | undefined {
  const given = new URLSearchParams(search)
  if (!given.has(FORM_MARK)) return undefined
  const kept = [...given].filter(([name, value]) => name !== FORM_MARK && value !== '')
  return new URLSearchParams(kept).toString()
}
