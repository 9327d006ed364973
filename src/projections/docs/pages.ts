import { type Api, OPTIONS, type Places } from '../../contract/api.ts'
import { bytes, text } from '../../contract/content.ts'
import { get } from '../../contract/endpoint.ts'
import type { Members } from '../../contract/group.ts'
import { type Path, joinPaths } from '../../contract/path.ts'
import { NotFound, UnknownVersion } from '../../contract/problems.ts'
import { versionsOf } from '../../contract/walk.ts'
import { askedVersion } from '../asked-version.ts'
import type { Tool } from './tool.ts'

/** Where the document and its pages are. */
type PagePlaces = Required<Pick<Places, 'openapi' | 'docs' | 'redoc' | 'reference'>>

/**
 * The documentation pages of an API, as endpoints: a page at each place, and what it loads under
 * `<place>/assets/`. A page shows the OpenAPI document, so there is none where that has no place.
 *
 * Only this file is loaded at start, the rest when a page is asked for.
 */
export function docsPages(api: Api, places: PagePlaces): Members {
  const { openapi } = places
  if (openapi === false) return {}
  const pages: [name: string, place: Path | false, tool: () => Promise<Tool>][] = [
    ['docs', places.docs, async () => (await import('./swagger-ui.ts')).swaggerUi],
    ['redoc', places.redoc, async () => (await import('./redoc.ts')).redoc],
    ['reference', places.reference, async () => (await import('./scalar.ts')).scalar],
  ]
  const found = pages.flatMap(([name, place, tool]) =>
    place === false ? [] : [[name, page(api, place, openapi, tool, name === 'docs')] as const],
  )
  return Object.fromEntries(found)
}

function page(api: Api, place: Path, openapi: Path, tool: () => Promise<Tool>, logsIn: boolean): Members {
  const { title = 'API', servers = [], docsLogin } = api[OPTIONS]
  // The type of its last part alone: the place is not known to the compiler.
  const files = joinPaths(place, '/assets/{file}') as '/{file}'
  const returning = joinPaths(place, '/oauth2-redirect') as Path
  let asked: readonly string[] | undefined
  return {
    page: get(place, { returns: text('text/html'), hidden: true, throws: [UnknownVersion] }, async ({ request }) => {
      const { sendPage } = await import('./page.ts')
      const versions = versionsOf(api)
      const shown = versions && { names: versions.names, current: askedVersion(request, versions) }
      asked ??= logsIn ? (await import('./login.ts')).loginServers(api) : []
      const login = asked.length === 0 ? undefined : { ...docsLogin, place: returning, servers: asked }
      return sendPage({ title, servers, place, openapi, tool: await tool(), versions: shown, login })
    }),
    ...(logsIn && {
      returning: get(returning, { returns: text('text/html'), hidden: true }, async () => {
        const { sendReturn } = await import('./login.ts')
        return sendReturn(await tool())
      }),
    }),
    files: get(files, { returns: bytes(), throws: [NotFound], hidden: true }, async ({ params, request }) => {
      const { sendAsset } = await import('./asset.ts')
      return sendAsset(request, await tool(), params.file)
    }),
  }
}
