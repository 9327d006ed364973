import type { View } from './accept.ts'
import type { Admin } from './admin.ts'
import { type Action, type Route, type Site, nounOf, routesBelow } from './site.ts'

/** A reply, and all that a page around it is made of. */
export interface Shown {
  readonly site: Site
  readonly view: View
  readonly admin: Admin | undefined
  /** Where the pages themselves are: `/browse`. */
  readonly place: string
  /** What a proxy took off paths. */
  readonly prefix: string
  /** `https://api.example.com`, as the caller has it. */
  readonly origin: string
  /** That of the API, without the prefix. */
  readonly path: string
  readonly search: URLSearchParams
  readonly route: Route | undefined
  /** The GET that answered; undefined where none did. */
  readonly action: Action | undefined
  readonly status: number
  readonly header: (name: string) => string | undefined
  /** The JSON of the reply; undefined where it has none. */
  readonly value: unknown
}

/** The address of the page about a path of the API. */
export function hrefOf({ prefix, view, admin }: Pick<Shown, 'prefix' | 'view' | 'admin'>, path: string): string {
  return prefix + (view === 'admin' ? (admin?.place ?? '') : '') + path
}

/** The same for an address that the API gave: in `Location`, or in a `Link`. */
export function hrefOfAddress(shown: Shown, address: string): string {
  return address.startsWith(`${shown.prefix}/`) ? hrefOf(shown, address.slice(shown.prefix.length)) : address
}

/** Gives the paths of rows of a list, by what the path of a row names and the row has. */
export function rowPaths({ site, route, path }: Shown): (row: Readonly<Record<string, unknown>>) => string | undefined {
  const below = route === undefined ? [] : routesBelow(site, route, 'param').filter(({ get }) => get !== undefined)
  const all = below.map(({ segments }) => segments.slice(route?.segments.length).map(({ text }) => text))
  const base = path.replace(/\/$/, '')
  return (row) => {
    for (const names of all) {
      const values = names.map((name) => (names.length === 1 ? (row[name] ?? row.id) : row[name]))
      if (values.every(isKey)) return `${base}/${values.map((one) => encodeURIComponent(one)).join('/')}`
    }
    return undefined
  }
}

/** The names of what tells the rows of a list apart. */
export function keysBelow({ site, route }: Shown): string[] {
  const row = route && routesBelow(site, route, 'param')[0]
  return row?.segments.slice(route?.segments.length).map(({ text }) => text) ?? []
}

export function isKey(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
}

/**
 * The path of what a member refers to, by its name: `customer_id` is the id of one of `/customers`. Nothing where two
 * paths could be meant.
 */
export function pathOfReference({ site }: Shown, name: string, value: unknown): string | undefined {
  const noun = name.replace(/_id$|Id$/, '')
  const isExpanded = isRecord(value)
  if (!isExpanded && (noun === name || !isKey(value))) return undefined
  const route = site.byNoun.get(nounOf(noun))
  if (route === undefined) return undefined
  const key = isExpanded ? (value[route.segments.at(-1)?.text as string] ?? value.id) : value
  return isKey(key) ? route.template.replace(/\{[^}]+\}/, encodeURIComponent(key)) : undefined
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The items of a list, or of a page of one; undefined for what is none, such as an order with its items. */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (!isRecord(value) || !Array.isArray(value.items)) return undefined
  return Object.keys(value).every((name) => OF_PAGE.has(name)) ? value.items : undefined
}

const OF_PAGE = new Set(['items', 'next_cursor', 'total'])

/** What is wrong with a request, by the pointer to it: of a problem (RFC 9457), or of an envelope. */
export function errorsOf(value: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  if (!isRecord(value)) return found
  const { errors, error } = value
  const list = Array.isArray(errors) ? errors : isRecord(error) && Array.isArray(error.fields) ? error.fields : []
  for (const one of list) {
    if (isRecord(one) && typeof one.pointer === 'string') found.set(one.pointer, String(one.message))
  }
  return found
}
