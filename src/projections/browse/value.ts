import { type Facts, factsOf, readable } from './schema.ts'
import { type Html, html } from './html.ts'
import { type Shown, hrefOf, isRecord, pathOfReference } from './shown.ts'
import { routeOfPath } from './site.ts'

/** Letters of a value in a cell of a table. */
const LONGEST = 120
/** How deep objects in objects are shown; what is deeper is JSON. */
const DEEPEST = 3

/** A value in a cell: in one line. */
export function cell(shown: Shown, name: string, value: unknown, facts: Facts | undefined): Html {
  if (Array.isArray(value)) {
    if (value.some((one) => typeof one === 'object' && one !== null)) {
      return html`<span class="dim">${value.length} ${value.length === 1 ? 'item' : 'items'}</span>`
    }
    return scalar(shown, name, value.join(', '), undefined)
  }
  if (!isRecord(value)) return scalar(shown, name, value, facts)
  const path = pathOfReference(shown, name, value)
  const text = shortened(titleOf(value) ?? JSON.stringify(value))
  return path === undefined
    ? html`<span class="dim">${text}</span>`
    : html`<a href="${hrefOf(shown, path)}">${text}</a>`
}

/** What members are called that say what a thing is called. */
const TITLES = ['title', 'name', 'label', 'display_name', 'subject', 'email', 'sku', 'code']

/** The columns of a list with its keys first, and then what its rows are called: it is what people look for. */
export function titleAfter(keys: readonly string[], names: readonly string[]): string[] {
  const title = TITLES.find((one) => names.includes(one)) ?? ''
  return [...new Set([...keys, title, ...names])].filter((name) => names.includes(name))
}

/** What a row is called, where it has a name. */
export function titleOf(row: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of TITLES) {
    if (typeof row[name] === 'string' && row[name] !== '') return row[name]
  }
  return undefined
}

/** A value with all that is in it. */
export function whole(shown: Shown, name: string, value: unknown, facts: Facts | undefined, depth = 0): Html {
  if (typeof value !== 'object' || value === null) return scalar(shown, name, value, facts)
  if (depth >= DEEPEST) return html`<code class="json">${JSON.stringify(value, null, 2)}</code>`
  if (!Array.isArray(value)) return members(shown, value as Record<string, unknown>, facts, depth + 1)
  if (value.length === 0) return html`<span class="dim">none</span>`
  if (!value.every(isRecord)) {
    return html`<ul class="plain">${value.map((one) => html`<li>${whole(shown, name, one, undefined, depth + 1)}</li>`)}</ul>`
  }
  const item = facts && factsOf(shown.site.document, facts.items)
  const names = [...new Set(value.flatMap((one) => Object.keys(one)))]
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${readable(name)}"><table>
<thead><tr>${names.map((one) => html`<th scope="col">${readable(one)}</th>`)}</tr></thead>
<tbody>${value.map(
    (row) =>
      html`<tr>${names.map((one) => html`<td>${cell(shown, one, row[one], member(shown, item, one))}</td>`)}</tr>`,
  )}</tbody>
</table></div>`
}

/** The members of an object, as a list of definitions. */
export function members(
  shown: Shown,
  value: Readonly<Record<string, unknown>>,
  facts: Facts | undefined,
  depth = 0,
): Html {
  return html`<dl>${Object.entries(value).map(
    ([name, one]) =>
      html`<div><dt title="${name}">${readable(name)}</dt><dd>${whole(shown, name, one, member(shown, facts, name), depth)}</dd></div>`,
  )}</dl>`
}

export function member({ site }: Shown, facts: Facts | undefined, name: string): Facts | undefined {
  const schema = facts?.properties?.[name]
  return schema && factsOf(site.document, schema)
}

function scalar(shown: Shown, name: string, value: unknown, facts: Facts | undefined): Html {
  if (value === null || value === undefined || value === '') {
    return html`<span class="dim" title="${value === '' ? 'an empty text' : 'nothing'}">–</span>`
  }
  if (typeof value === 'boolean') return html`<span class="flag">${value ? 'yes' : 'no'}</span>`
  const text = String(value)
  const path = pathOfReference(shown, name, value)
  if (path !== undefined) return html`<a href="${hrefOf(shown, path)}">${text}</a>`
  if (typeof value === 'number') return html`<span class="number">${text}</span>`
  if (/^https?:\/\/\S+$/.test(text)) return html`<a href="${text}" rel="noreferrer">${shortened(text)}</a>`
  if (text.startsWith('/') && isThere(shown, text)) return html`<a href="${hrefOf(shown, text)}">${text}</a>`
  if (facts?.schema.format === 'date-time' || INSTANT.test(text)) {
    return html`<time datetime="${text}" title="${text}">${text.replace('T', ' ').replace(/(?:\.\d+)?Z$/, '')}</time>`
  }
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return html`<time datetime="${text}">${text}</time>`
  if (facts?.choices !== undefined) return html`<span class="flag">${text}</span>`
  return html`<span class="text">${text}</span>`
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/

/** True for a path of the API that can be looked at. */
export function isThere({ site }: Shown, address: string): boolean {
  return routeOfPath(site, address.replace(/[?#].*$/, ''))?.get !== undefined
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
