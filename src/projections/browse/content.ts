import { adminList, adminRelated, adminRow } from './admin-sections.ts'
import { filterSection } from './filters.ts'
import { formSections } from './form.ts'
import { type Html, html } from './html.ts'
import { jsonSection } from './json.ts'
import { listSection } from './list.ts'
import { factsOf, readable } from './schema.ts'
import { type Shown, hrefOf, isRecord, itemsOf } from './shown.ts'
import { routesBelow, startsOf } from './site.ts'
import { snippetSection } from './snippets.ts'
import { members, titleOf, whole } from './value.ts'

/** What a page is about, and what is on it. */
export interface Content {
  readonly title: string
  readonly body: Html
}

/** The content of a page: what was answered, what leads on from there, and what can be done. */
export function contentOf(shown: Shown): Content {
  if (shown.status >= 400) return failure(shown)
  const { action, value } = shown
  const isList = itemsOf(value) !== undefined
  const title = titleOfPage(shown, isList)
  const about =
    action?.description !== undefined &&
    html`<div class="about">${action.description.split(/\n{2,}/).map((text) => html`<p>${text}</p>`)}</div>`
  const body = html`<h1>${title}</h1>${about}${facts(shown)}
${isList ? html`${shown.view === 'admin' && adminList(shown)}${filterSection(shown)}${listSection(shown)}` : single(shown)}
${leads(shown)}
${formSections(shown)}${adminRelated(shown)}
${snippetSection(shown)}
${jsonSection(shown)}`
  return { title, body }
}

function titleOfPage({ action, value, view, path }: Shown, isList: boolean): string {
  if (view === 'admin' && isList) return readable(path.split('/').at(-1) ?? '')
  const name = isRecord(value) && !isList ? titleOf(value) : undefined
  return name ?? action?.summary ?? path
}

/** What was asked, and what came of it. */
function facts({ path, prefix, status, header, view }: Shown): Html {
  if (view === 'admin') return html``
  const etag = header('etag')
  return html`<p class="facts"><code>GET ${prefix}${path}</code> <span class="status">${status}</span>${etag !== undefined && html` <span class="dim">ETag <code>${etag}</code></span>`}</p>`
}

function single(shown: Shown): Html {
  const { value, action, site, view } = shown
  const known = action?.gives && factsOf(site.document, action.gives)
  if (view === 'admin' && isRecord(value)) return adminRow(shown, value, known)
  return html`<section class="thing">${isRecord(value) ? members(shown, value, known) : whole(shown, '', value, known)}</section>`
}

/** What can be looked at below: `/orders/42/refunds`. */
function leads(shown: Shown): Html {
  const { site, route, path } = shown
  if (route === undefined) return html``
  const below = routesBelow(site, route, 'literal').filter(
    ({ get, segments }) => get !== undefined && segments.length === route.segments.length + 1,
  )
  if (below.length === 0) return html``
  return html`<nav class="leads" aria-label="What is below">${below.map(({ get, segments }) => {
    const last = segments.at(-1)?.text as string
    return html`<a class="button quiet" href="${hrefOf(shown, `${path.replace(/\/$/, '')}/${encodeURIComponent(last)}`)}" title="${get?.summary}">${readable(last)}</a>`
  })}</nav>`
}

/** A refusal: what is wrong, and what can be done about it. */
function failure(shown: Shown): Content {
  const { value, status, prefix, path, action } = shown
  const error = isRecord(value) && isRecord(value.error) ? value.error : undefined
  const said = (name: string): string | undefined => {
    const text = (error ?? (value as Record<string, unknown> | undefined))?.[name]
    return typeof text === 'string' ? text : undefined
  }
  const title = said('title') ?? said('message') ?? `The API answers ${status}`
  const body = html`<h1>${title}</h1>
<p class="facts"><code>GET ${prefix}${path}</code> <span class="status bad">${status}</span>${said('code') !== undefined && html` <code class="dim">${said('code')}</code>`}</p>
${said('detail') !== undefined && html`<p>${said('detail')}</p>`}
${status === 422 && action !== undefined && filterSection(shown)}
${status === 404 && html`<h2>What there is</h2>${startsSection(shown)}`}
${status !== 401 && status !== 404 && formSections(shown)}
${jsonSection(shown)}`
  return { title, body }
}

/** Where one can begin: lists and things without parameters in their paths, by their tags. */
export function startsSection(shown: Shown): Html {
  const byTag = Map.groupBy(startsOf(shown.site), ({ get }) => get?.tags[0] ?? '')
  const described = new Map(shown.site.document.tags.map(({ name, description }) => [name, description]))
  return html`${[...byTag].map(
    ([
      tag,
      routes,
    ]) => html`<section class="start">${tag !== '' && html`<h2>${readable(tag)}</h2>`}${described.get(tag) !== undefined && html`<p class="dim">${described.get(tag)}</p>`}
<ul class="plain">${routes.map(
      ({ template, get }) =>
        html`<li><a href="${hrefOf(shown, template)}">${get?.summary}</a> <code class="dim">${template}</code></li>`,
    )}</ul></section>`,
  )}`
}
