import { type Action, type Route, type Site, routesBelow } from './site.ts'

/** The admin of an API, as its pages know it. */
export interface Admin {
  /** Where it is: `/admin`. */
  readonly place: string
  /** Lists that it shows, in their order. */
  readonly tables: readonly AdminTable[]
  /** The list of all changes, where there is one. */
  readonly history: Route | undefined
}

export interface AdminTable {
  /** The key of its group: `books`. */
  readonly key: string
  readonly list: Route
}

/** Finds the lists of an admin in a document. Keys of which there is no list, start-up has refused. */
export function createAdmin(site: Site, place: string, keys: readonly string[], history: string | undefined): Admin {
  const tables = keys.flatMap((key) => {
    const list = listOf(site, key)
    return list === undefined ? [] : [{ key, list }]
  })
  return { place, tables, history: history === undefined ? undefined : listOf(site, history) }
}

/** The list of a group: its GET without a parameter of its own. */
function listOf({ routes }: Site, key: string): Route | undefined {
  return routes
    .filter(({ get, segments }) => get?.id.startsWith(`${key}.`) && segments.every(({ is }) => is === 'literal'))
    .toSorted((one, other) => one.segments.length - other.segments.length)[0]
}

/** What changes many rows of a list at once. */
export interface Bulk {
  readonly remove: BulkAction | undefined
  readonly update: BulkAction | undefined
  readonly most: number
}

export interface BulkAction {
  readonly action: Action
  /** True where one request does it for all of them: all, or none. */
  readonly atOnce: boolean
}

/** The most rows of one request, where the document does not say. */
const MOST = 100

export function bulkOf(site: Site, list: Route): Bulk {
  const below = routesBelow(site, list, 'literal')
  const named = (name: string): Action | undefined =>
    below.find(({ segments }) => segments.slice(-2).every(({ text }, i) => text === ['bulk', name][i]))?.post
  const row = routesBelow(site, list, 'param').find(({ get, patch, delete: remove }) => get ?? patch ?? remove)
  const either = (atOnce: Action | undefined, one: Action | undefined): BulkAction | undefined => {
    if (atOnce !== undefined) return { action: atOnce, atOnce: true }
    return one && { action: one, atOnce: false }
  }
  return { remove: either(named('delete'), row?.delete), update: either(named('update'), row?.patch), most: MOST }
}
