import { type Api, OPTIONS } from '../../contract/api.ts'
import type { MiddlewareContext, Next, Reply } from '../../contract/hooks.ts'
import { type ReplyHeaders, type StatedReply, reply } from '../../contract/reply-spec.ts'
import { versionsOf, walk } from '../../contract/walk.ts'
import { contentSecurityPolicy } from '../docs/content-security-policy.ts'
import { loginServers } from '../docs/login.ts'
import { toOpenApi } from '../openapi/to-openapi.ts'
import { type View, preferredView } from './accept.ts'
import { type Admin, createAdmin } from './admin.ts'
import { tablesSection } from './admin-sections.ts'
import { type Content, contentOf, startsSection } from './content.ts'
import { withoutEmpty } from './filters.ts'
import { html } from './html.ts'
import type { PageLogin } from './login.ts'
import { pageHtml } from './page.ts'
import { type BrowsePlaces, isAt } from './pages.ts'
import { factsOf } from './schema.ts'
import type { Shown } from './shown.ts'
import { type Site, createSite, routeOfPath } from './site.ts'

export type Show = (context: MiddlewareContext, next: Next) => Promise<Reply | StatedReply>

interface Known {
  readonly site: Site
  readonly admin: Admin | undefined
}

/** Makes pages of an API's replies. */
export function createShow(api: Api, places: BrowsePlaces): Show {
  const { docsLogin, admin: adminOptions } = api[OPTIONS]
  const login: PageLogin = {
    clientId: docsLogin?.clientId,
    scopes: docsLogin?.scopes ?? [],
    returning: places.returning,
  }
  const versions = versionsOf(api)
  const hidden = new Set(walk(api).flatMap(({ hidden, id }) => (hidden ? [id] : [])))
  const policy = contentSecurityPolicy(loginServers(api), {})
  const byVersion = new Map<string | undefined, Promise<Known>>()
  const known = (version: string | undefined): Promise<Known> => {
    const made =
      byVersion.get(version) ??
      toOpenApi(api, version === undefined ? {} : { version }).then((document) => {
        const site = createSite(document)
        const { admin: place } = places
        const admin =
          adminOptions === undefined || place === undefined
            ? undefined
            : createAdmin(site, place, adminOptions.resources, adminOptions.history)
        return { site, admin }
      })
    byVersion.set(version, made)
    return made
  }

  return async (context, next) => {
    const { request } = context
    const { prefix, path, search } = request
    const plain = withoutEmpty(search)
    // What a form without a script sends for its empty fields.
    if (plain !== undefined) return moved(prefix + path + (plain === '' ? '' : `?${plain}`))
    const view = preferredView(request.header('accept')) ?? 'browse'
    if (view === 'admin') {
      const expanded = withRelations((await known(versions?.default)).site, path, search)
      if (expanded !== undefined) return moved(`${prefix}${path}?${expanded}`)
    }
    const given = await next(context)
    const { operation } = context
    const isOfAdmin = isAt(path, places.admin)
    const isOfBrowse = path === places.browse
    const isRefusal = given.status >= 400
    const isOwn = isOfAdmin || isOfBrowse
    if (!isOwn && (hidden.has(operation ?? '') || operation?.startsWith('~places'))) return given
    const value = jsonOf(given)
    if (value === undefined) return given
    const version = versions && (given.header(versions.header) ?? versions.default)
    const { site, admin } = await known(version)
    const route = operation === undefined ? routeOfPath(site, path) : site.byId.get(operation)
    const shown: Shown = {
      site,
      view: isOfAdmin ? 'admin' : (view satisfies View),
      admin,
      place: places.browse,
      prefix,
      origin: originOf(request.url),
      path: isOfAdmin && places.admin !== undefined ? path.slice(places.admin.length) : path,
      search: new URLSearchParams(search),
      route: isOwn ? undefined : route,
      action: isOwn ? undefined : route?.get,
      status: given.status,
      header: (name) => given.header(name),
      value,
    }
    const content = isOwn && !isRefusal ? ownContent(shown, isOfAdmin) : contentOf(shown)
    const text = pageHtml(shown, login, (await places.assets()).at(prefix + places.browse), content.title, content.body)
    return reply(given.status, text, { ...headersOf(given, policy), 'trestle-view': shown.view })
  }
}

/** The pages that show no reply of the API: where one begins. */
function ownContent(shown: Shown, isOfAdmin: boolean): Content {
  const { info } = shown.site.document
  if (!isOfAdmin) {
    const about = info.description !== undefined && html`<p class="about">${info.description}</p>`
    return { title: 'All', body: html`<h1>${info.title}</h1>${about}${startsSection(shown)}` }
  }
  if (shown.path === '') return { title: 'Tables', body: tablesSection(shown) }
  // What is there is asked by the page itself, with what its reader is logged in as.
  const body = html`<div data-visit="${shown.prefix}${shown.path}"><p>Loading…</p><noscript><p>The admin needs JavaScript. <a href="${shown.prefix}${shown.path}">Read this without it.</a></p></noscript></div>`
  return { title: shown.path, body }
}

/** The query with which a row comes with what refers to it, unless it says so already. */
function withRelations(site: Site, path: string, search: string): string | undefined {
  const route = routeOfPath(site, path)
  if (route?.segments.at(-1)?.is !== 'param') return undefined
  const field = route.get?.parameters.find(({ name, in: place }) => place === 'query' && name === 'expand')
  const query = new URLSearchParams(search)
  if (field === undefined || query.has('expand')) return undefined
  const { items } = factsOf(site.document, field.schema)
  const words = (items && factsOf(site.document, items).choices) ?? []
  const near = words.map(String).filter((word) => !word.includes('.'))
  if (near.length === 0) return undefined
  query.set('expand', near.join(','))
  return query.toString()
}

/** The JSON of a reply; undefined for any other, which is sent as it is. */
function jsonOf(given: Reply): unknown {
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(given.header('content-type') ?? '')) return undefined
  if (given.header('content-encoding') !== undefined) return undefined
  const { body } = given
  if (typeof body === 'string') return JSON.parse(body)
  return body instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(body)) : undefined
}

/** What is said of the JSON, and does not hold for a page around it. */
const OF_JSON = new Set([
  'content-type',
  'content-length',
  'content-digest',
  'repr-digest',
  'etag',
  'last-modified',
  'accept-ranges',
  'cache-control',
  'expires',
  'age',
  'content-security-policy',
  'referrer-policy',
])

function headersOf(given: Reply, policy: string): ReplyHeaders {
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of given.headers()) {
    if (OF_JSON.has(name)) continue
    const before = kept[name]
    kept[name] = before === undefined ? value : [before, value].flat()
  }
  const directives = given.header('cache-control') ?? ''
  const keeping = /\bno-store\b/i.test(directives) ? 'no-store' : 'private, no-cache'
  return {
    ...kept,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    // What is not to be packed is not to be packed in a page either.
    'cache-control': /\bno-transform\b/i.test(directives) ? `${keeping}, no-transform` : keeping,
  }
}

function moved(address: string): StatedReply {
  return reply(303, undefined, { location: address, 'cache-control': 'no-store' })
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : ''
}
