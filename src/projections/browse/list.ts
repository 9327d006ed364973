import type { ParameterObject } from '../openapi/objects.ts'
import { isBulk } from './admin-sections.ts'
import { type Html, attribute, html } from './html.ts'
import { type Facts, factsOf, readable } from './schema.ts'
import { type Shown, hrefOf, hrefOfAddress, isRecord, itemsOf, keysBelow, rowPaths } from './shown.ts'
import { cell, member, titleAfter, whole } from './value.ts'

/** The rows of a list as a table, with what leads to the pages around it. */
export function listSection(shown: Shown): Html {
  const items = itemsOf(shown.value) ?? []
  const rows = items.filter(isRecord)
  if (rows.length < items.length) {
    return html`<section>${items.length === 0 ? html`<p class="empty">Nothing here.</p>` : whole(shown, 'items', items, undefined)}</section>`
  }
  if (rows.length === 0) {
    const isNarrowed = [...shown.search.keys()].length > 0
    return html`<section><p class="empty">${isNarrowed ? 'Nothing fits.' : 'There is nothing here yet.'}</p>${paging(shown)}</section>`
  }
  const facts = itemFacts(shown)
  const names = titleAfter(keysBelow(shown), columnsOf(facts, rows))
  const sorts = sortWords(shown)
  const isChosen = isBulk(shown)
  const pathOf = rowPaths(shown)
  return html`<section>
<div class="scroll" tabindex="0" role="region" aria-label="Rows"><table class="rows">
<thead><tr>${isChosen && html`<th scope="col"><input type="checkbox" data-choose="all" aria-label="Choose all rows"></th>`}${names.map((name) => heading(shown, name, sorts))}</tr></thead>
<tbody>${rows.map((row) => tableRow(shown, row, pathOf(row), names, facts, isChosen))}</tbody>
</table></div>
${paging(shown)}
</section>`
}

/** What the items of a list are. */
export function itemFacts({ site, action, value }: Shown): Facts | undefined {
  if (action?.gives === undefined) return undefined
  const all = factsOf(site.document, action.gives)
  const items = Array.isArray(value) ? all.items : (all.properties?.items as { items?: object } | undefined)?.items
  return items && factsOf(site.document, items as never)
}

/** The names of members, those of the schema first. */
function columnsOf(facts: Facts | undefined, rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const there = new Set(rows.flatMap((row) => Object.keys(row)))
  // What was before and what is after is read in one.
  if (there.has('before')) there.delete('after')
  const declared = Object.keys(facts?.properties ?? {}).filter((name) => there.has(name))
  return [...new Set([...declared, ...there])]
}

function tableRow(
  shown: Shown,
  row: Readonly<Record<string, unknown>>,
  path: string | undefined,
  names: readonly string[],
  facts: Facts | undefined,
  isChosen: boolean,
): Html {
  const key = path?.split('/').at(-1)
  // What names the row leads to it; where nothing of it does, the first column.
  const at = Math.max(
    0,
    names.findIndex((name) => String(row[name]) === decodeURIComponent(key ?? '')),
  )
  const cells = names.map((name, i) => {
    if (name === 'before' && 'after' in row) return html`<td>${changes(row.before, row.after)}</td>`
    if (i !== at || path === undefined)
      return html`<td>${cell(shown, name, row[name], member(shown, facts, name))}</td>`
    return html`<th scope="row"><a href="${hrefOf(shown, path)}">${rowLabel(row[name], key)}</a></th>`
  })
  const choose =
    isChosen &&
    html`<td><input type="checkbox" data-choose="${JSON.stringify(row)}" data-path="${path}" aria-label="Choose ${path === undefined ? 'this row' : decodeURIComponent(path.slice(shown.path.length + 1))}"></td>`
  return html`<tr>${choose}${cells}</tr>`
}

/** What is another in the one than in the other. */
function changes(before: unknown, after: unknown): Html {
  const [was, is] = [before, after].map((one) => (isRecord(one) ? one : {})) as [
    Record<string, unknown>,
    Record<string, unknown>,
  ]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => JSON.stringify(was[name] ?? null) !== JSON.stringify(is[name] ?? null),
  )
  const side = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
  return html`<div class="changes">${names.map(
    (name) =>
      html`<div><span class="dim">${readable(name)}</span> ${name in was && html`<del>${side(was[name])}</del> `}${name in is && html`<ins>${side(is[name])}</ins>`}</div>`,
  )}</div>`
}

function rowLabel(value: unknown, key: string | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : (key ?? 'Open')
}

/** Words that the list may be sorted by: `title` and `-title`. */
function sortWords({ site, action }: Shown): { readonly words: ReadonlySet<string>; readonly name: string } {
  const field = action?.parameters.find(isSort)
  const facts = field && factsOf(site.document, field.schema)
  const choices = facts?.choices ?? (facts?.items && factsOf(site.document, facts.items).choices) ?? []
  return { words: new Set(choices.map(String)), name: field?.name ?? 'sort' }
}

function isSort({ name, in: place }: ParameterObject): boolean {
  return place === 'query' && /^(?:sort|order_by|order)$/.test(name)
}

/** The name of the field that sorts a list. */
export function sortField({ action }: Shown): string | undefined {
  return action?.parameters.find(isSort)?.name
}

function heading(shown: Shown, column: string, { words, name }: ReturnType<typeof sortWords>): Html {
  const label = column === 'before' ? 'Changes' : readable(column)
  if (!words.has(column) && !words.has(`-${column}`)) return html`<th scope="col">${label}</th>`
  const [first] = (shown.search.get(name) ?? '').split(',')
  const now = first === column ? 'ascending' : first === `-${column}` ? 'descending' : undefined
  // One click after the other: up, down, and as it was.
  const next = now === undefined && words.has(column) ? column : now === 'descending' ? undefined : `-${column}`
  const search = new URLSearchParams(shown.search)
  search.delete('cursor')
  search.delete('offset')
  search.delete(name)
  if (next !== undefined) search.set(name, next)
  const mark = now === 'ascending' ? '▲' : now === 'descending' ? '▼' : '↕'
  return html`<th scope="col"${attribute('aria-sort', now)}><a class="sort" href="${hrefWith(shown, search)}">${label}<span aria-hidden="true"> ${mark}</span></a></th>`
}

/** The address of this list with another query. */
export function hrefWith(shown: Shown, search: URLSearchParams): string {
  const text = search.toString()
  return hrefOf(shown, shown.path) + (text === '' ? '' : `?${text}`)
}

/** What leads to other pages: what `Link` says (RFC 8288), and the first page where that is not this one. */
export function paging(shown: Shown): Html {
  const links = linksOf(shown.header('link'))
  const search = new URLSearchParams(shown.search)
  const isFirst = !search.has('cursor')
  search.delete('cursor')
  const first = links.get('first') ?? (isFirst ? undefined : hrefWith(shown, search))
  const all = [
    ['First page', first, 'first'],
    ['Previous page', links.get('prev'), 'prev'],
    ['Next page', links.get('next'), 'next'],
    ['Last page', links.get('last'), 'last'],
  ] as const
  const given = all.filter(([, address]) => address !== undefined)
  const count = countText(shown)
  if (given.length === 0 && count === undefined) return html``
  return html`<nav class="paging" aria-label="Pages">${count !== undefined && html`<span>${count}</span>`}${given.map(
    ([label, address, rel]) => html`<a rel="${rel}" href="${hrefOfAddress(shown, address as string)}">${label}</a>`,
  )}</nav>`
}

function countText({ value, search }: Shown): string | undefined {
  const items = itemsOf(value) ?? []
  if (!isRecord(value) || typeof value.total !== 'number' || items.length === 0) return undefined
  const offset = Number(search.get('offset') ?? 0)
  return `${offset + 1}–${offset + items.length} of ${value.total}`
}

/** The addresses of a `Link` field by their relation. */
export function linksOf(field: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, address = '', rel = ''] of (field ?? '').matchAll(/<([^>]*)>\s*;\s*rel="?([\w-]+)"?/g)) {
    found.set(rel, address)
  }
  return found
}
