import type { JsonSchema } from '../openapi/objects.ts'
import { type Bulk, type BulkAction, bulkOf } from './admin.ts'
import { fieldHtml } from './field.ts'
import { type Html, attribute, html } from './html.ts'
import { type Facts, factsOf, readable } from './schema.ts'
import { type Shown, hrefOf, isKey, isRecord, itemsOf, keysBelow, rowPaths } from './shown.ts'
import { type Route, routesBelow } from './site.ts'
import { cell, member, titleOf, whole } from './value.ts'

/** What an admin does with the rows that are chosen: delete them, or set a field of each. */
export function adminList(shown: Shown): Html {
  const { site, route } = shown
  if (route === undefined) return html``
  if (!isBulk(shown)) return html``
  const bulk = bulkOf(site, route)
  const keys = keysBelow(shown)
  return html`<section class="bulk" aria-label="Chosen rows" data-bulk data-keys="${keys.join(' ')}" data-most="${bulk.most}" hidden>
<p><strong data-chosen>0</strong> chosen</p>
${bulk.update && setForm(shown, bulk)}
${bulk.remove && bulkForm(shown, bulk.remove, 'remove', html`<button type="submit" class="danger">Delete the chosen</button>`)}
</section>`
}

/** True for a list whose rows can be chosen, for something is to be done with them. */
export function isBulk({ site, route, view }: Shown): boolean {
  if (view !== 'admin' || route === undefined) return false
  const { remove, update } = bulkOf(site, route)
  return remove !== undefined || update !== undefined
}

function bulkForm(shown: Shown, { action, atOnce }: BulkAction, does: string, content: Html): Html {
  const { prefix, path, route } = shown
  // What is in another has parameters in its path, which are those of the page.
  const url = `${path.replace(/\/$/, '')}${action.template.slice(route?.template.length)}`
  return html`<form data-bulk-form="${does}" data-url="${prefix}${atOnce ? url : ''}" data-method="${action.method}"${attribute('data-at-once', atOnce)} novalidate>${content}<p class="error" data-error-of-form role="alert" hidden></p></form>`
}

function setForm(shown: Shown, bulk: Bulk): Html {
  const { site } = shown
  const update = bulk.update as BulkAction
  const body = update.action.body && factsOf(site.document, update.action.body.schema)
  const item = update.atOnce ? factsOf(site.document, body?.properties?.items ?? {}).items : update.action.body?.schema
  const keys = keysBelow(shown)
  const fields = Object.entries(factsOf(site.document, item as JsonSchema).properties ?? {}).filter(
    ([name]) => !keys.includes(name),
  )
  const id = 'bulk-field'
  return bulkForm(
    shown,
    update,
    'set',
    html`<div class="grid"><div class="field"><label for="${id}">Set</label><select id="${id}" data-bulk-field><option value=""></option>${fields.map(([name]) => html`<option value="${name}">${readable(name)}</option>`)}</select></div>
${fields.map(
  ([name, schema]) =>
    html`<div data-bulk-value="${name}" hidden>${fieldHtml(site, { name, schema, required: false, value: undefined, id: `bulk-${name}`, depth: 2, edits: true })}</div>`,
)}</div><p class="buttons"><button type="submit">Set it in the chosen</button></p>`,
  )
}

/** A row in the admin: what it holds that no form below changes, and what it refers to. */
export function adminRow(shown: Shown, row: Readonly<Record<string, unknown>>, facts: Facts | undefined): Html {
  const { site, route } = shown
  const body = route?.patch?.body
  const editable = Object.keys((body && factsOf(site.document, body.schema).properties) ?? {})
  const own = Object.entries(row).filter(([name, value]) => !editable.includes(name) && !isRelated(value))
  if (own.length === 0) return html``
  return html`<section class="thing"><dl>${own.map(
    ([name, value]) =>
      html`<div><dt title="${name}">${readable(name)}</dt><dd>${cell(shown, name, value, member(shown, facts, name))}</dd></div>`,
  )}</dl></section>`
}

/** What refers to a row, and what was done to it. */
export function adminRelated(shown: Shown): Html {
  const { value, view } = shown
  if (view !== 'admin' || !isRecord(value) || itemsOf(value) !== undefined) return html``
  const related = Object.entries(value).filter(([, one]) => isRelated(one))
  return html`${related.map(([name, rows]) => relatedSection(shown, name, rows as Record<string, unknown>[]))}${historySection(shown)}`
}

function isRelated(value: unknown): boolean {
  return Array.isArray(value) && value.every(isRecord)
}

function isRightBelow(one: Route, above: Route): boolean {
  return one.segments.length === above.segments.length + 1
}

function relatedSection(shown: Shown, name: string, rows: readonly Record<string, unknown>[]): Html {
  const isList = ({ get, segments }: Route): boolean => get !== undefined && segments.at(-1)?.text === name
  const { site, route } = shown
  // The one that is of this row alone, where there is one.
  const within = route && routesBelow(site, route, 'literal').find((one) => isList(one) && isRightBelow(one, route))
  const list = within ?? site.routes.find((one) => isList(one) && one.segments.every(({ is }) => is === 'literal'))
  if (list === undefined) {
    return html`<section><h2>${readable(name)}</h2>${whole(shown, name, rows, undefined)}</section>`
  }
  // What all of them have of this row, and the list can be narrowed by.
  const key = shown.path.split('/').at(-1) ?? ''
  const back = list.get?.parameters.find(
    ({ name: field, in: place }) =>
      place === 'query' && rows.length > 0 && rows.every((one) => isKey(one[field]) && String(one[field]) === key),
  )?.name
  const path = within === undefined ? list.template : `${shown.path.replace(/\/$/, '')}/${encodeURIComponent(name)}`
  const isNarrowed = within === undefined && back !== undefined
  const href = hrefOf(shown, path + (isNarrowed ? `?${new URLSearchParams({ [back]: key })}` : ''))
  // They are rows of that list, and lead to where its rows do.
  const inner: Shown = { ...shown, route: list, path, action: list.get, value: rows }
  const pathOf = rowPaths(inner)
  const linked = rows.map((one) => {
    const own = pathOf(one)
    return html`<tr><th scope="row">${own === undefined ? (titleOf(one) ?? '') : html`<a href="${hrefOf(shown, own)}">${own.slice(path.length + 1)}</a>`}</th><td>${Object.entries(one).map(([field, value]) => (isKey(value) ? html`<span class="pair"><span class="dim">${readable(field)}</span> ${String(value)}</span> ` : ''))}</td></tr>`
  })
  return html`<section><h2>${readable(name)} <span class="dim">${rows.length}</span></h2>
${rows.length === 0 ? html`<p class="empty">None.</p>` : html`<div class="scroll" tabindex="0" role="region" aria-label="${readable(name)}"><table><tbody>${linked}</tbody></table></div>`}
<p><a href="${href}">${within === undefined && !isNarrowed ? `All ${readable(name).toLowerCase()}` : `These in the list`}</a></p></section>`
}

/** What was done to the row that is shown, brought by the script of the page from the list of changes. */
function historySection(shown: Shown): Html {
  const { admin, path, route } = shown
  if (admin?.history === undefined || route === undefined) return html``
  if (!admin.tables.some(({ list }) => route.template.startsWith(`${list.template}/`))) return html``
  // The list that it is of is the last that has a name: of `/books/1/loans/2` the loans.
  const { segments } = route
  const at = segments.findLastIndex(({ is }) => is === 'literal')
  const name = segments[at]?.text ?? ''
  const row = path
    .split('/')
    .slice(at + 2)
    .map(decodeURIComponent)
    .join('/')
  if (row === '') return html``
  const address = hrefOf(shown, `${admin.history.template}?${new URLSearchParams({ table: name, row })}`)
  return html`<section class="history" aria-label="History"><h2>History</h2><div data-embed="${address}"><p><a href="${address}">What was changed, by whom and when</a></p></div></section>`
}

/** What the first page of the admin shows: its tables. */
export function tablesSection(shown: Shown): Html {
  const { admin } = shown
  const all = admin?.tables ?? []
  return html`<h1>Tables</h1><ul class="cards">${all.map(
    ({ list }) =>
      html`<li><a href="${hrefOf(shown, list.template)}">${readable(list.segments.at(-1)?.text ?? '')}</a><span class="dim">${list.get?.summary}</span></li>`,
  )}</ul>${admin?.history && html`<p><a href="${hrefOf(shown, admin.history.template)}">All changes</a></p>`}`
}
