import { type AdminOptions, type Api, OPTIONS } from '../../contract/api.ts'
import { bytes } from '../../contract/content.ts'
import { get } from '../../contract/endpoint.ts'
import { type Members, group } from '../../contract/group.ts'
import { type Path, joinPaths } from '../../contract/path.ts'
import { NotFound } from '../../contract/problems.ts'
import { listPath, walk } from '../../contract/walk.ts'
import type { Assets } from './asset.ts'

/** Where the pages are that show no reply of the API, and what all of them load. */
export interface BrowsePlaces {
  /** `/browse`: where one begins. */
  readonly browse: Path
  /** `/admin`; undefined where there is none. */
  readonly admin: Path | undefined
  /** Where a provider leads back to after a login. */
  readonly returning: Path | undefined
  /** True where all that prefers a page gets one; else the admin alone has pages. */
  readonly isOpen: boolean
  /** What pages load, read when it is first asked for. */
  readonly assets: () => Promise<Assets>
}

/** True for a path at a place, or below it. */
export function isAt(path: string, place: Path | undefined): boolean {
  return place !== undefined && (path === place || path.startsWith(`${place}/`))
}

export function laterAssets(): BrowsePlaces['assets'] {
  let read: Promise<Assets> | undefined
  return () => {
    read ??= import('./asset.ts').then(({ readAssets }) => readAssets())
    return read
  }
}

/**
 * The endpoints of the pages. They say what they are in JSON, as every other: what makes pages of replies makes theirs too.
 */
export function browsePages(api: Api, { browse, admin, isOpen, assets }: BrowsePlaces): Members {
  const { title = 'API', admin: options } = api[OPTIONS]
  // The type of its last part alone: the place is not known to the compiler.
  const files = joinPaths(browse, '/assets/{version}/{file}') as '/{version}/{file}'
  const start = { title, browse: 'Ask for text/html to see pages' }
  return {
    ...(isOpen && { start: get(browse, { hidden: true }, () => start) }),
    files: get(files, { returns: bytes(), throws: [NotFound], hidden: true }, async ({ params }) =>
      (await assets()).send(params.file),
    ),
    ...(admin !== undefined && options !== undefined && { admin: adminPages(api, admin, options) }),
  }
}

/** The shell of the admin. What it shows, its pages ask of the API itself. */
function adminPages(api: Api, place: Path, { resources = [], security, history }: Partial<AdminOptions>): Members {
  const lists = [...resources, ...(history === undefined ? [] : [history])].flatMap(
    (key) => listPath(walk(api), key) ?? [],
  )
  const inner = joinPaths(place, '/{path...}') as '/{path...}'
  const shell = { admin: lists }
  return group(
    '/',
    { ...(security && { security }) },
    {
      start: get(place, { hidden: true }, () => shell),
      inner: get(inner, { hidden: true, throws: [NotFound] }, ({ params }) => {
        const path = `/${params.path}`
        if (!lists.some((list) => path === list || path.startsWith(`${list}/`))) throw NotFound()
        return shell
      }),
    },
  )
}
