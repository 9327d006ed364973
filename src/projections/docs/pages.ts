import { type Api, OPTIONS, type Places } from '../../contract/api.ts'
import { bytes, text } from '../../contract/content.ts'
import { get } from '../../contract/endpoint.ts'
import type { Members } from '../../contract/group.ts'
import type { Path } from '../../contract/path.ts'
import { reply } from '../../contract/reply-spec.ts'
import { nameOf, sendBundled, sendWritten } from './asset.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { pageHtml, relativeReference } from './page.ts'
import { redoc } from './redoc.ts'
import { scalar } from './scalar.ts'
import { swaggerUi } from './swagger-ui.ts'
import type { Tool } from './tool.ts'

/**
 * The documentation pages of an API, as endpoints: a page at each place, and what it loads under
 * `<place>/assets/`. Each file is an endpoint of its own, so nothing else can be asked for. A page
 * shows the OpenAPI document, so there is none where that has no place.
 */
export function docsPages(api: Api, places: Required<Places>): Members {
  const { openapi } = places
  if (openapi === false) return {}
  const pages: [name: string, place: Path | false, tool: Tool][] = [
    ['docs', places.docs, swaggerUi],
    ['redoc', places.redoc, redoc],
    ['reference', places.reference, scalar],
  ]
  const found = pages.flatMap(([name, place, tool]) =>
    place === false ? [] : [[name, members(api, place, openapi, tool)]],
  )
  return Object.fromEntries(found)
}

function members(api: Api, place: Path, openapi: Path, tool: Tool): Members {
  const { title = 'API', servers = [] } = api[OPTIONS]
  const at = (name: string): Path => `${place === '/' ? '' : (place as Path)}/assets/${name}`
  const start = nameOf(tool.start, 'js')
  const style = nameOf(tool.style, 'css')
  const bundled = (mediaType: string): string[] =>
    tool.bundle.files.filter((file) => file.mediaType === mediaType).map((file) => file.name)
  const links = (names: readonly string[]): string[] => names.map((name) => relativeReference(place, at(name)))
  const html = pageHtml(title, tool, {
    document: relativeReference(place, openapi),
    scripts: links([start, ...bundled('text/javascript')]),
    styles: links([...bundled('text/css'), style]),
  })
  const headers = {
    'content-security-policy': contentSecurityPolicy(servers, tool.needs),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  }
  const files = tool.bundle.files.map(({ name, mediaType }) => [
    name,
    get(at(name), { returns: bytes(mediaType), hidden: true }, ({ request }) => sendBundled(request, name)),
  ])
  return {
    page: get(place, { returns: text('text/html'), hidden: true }, () => reply(200, html, headers)),
    start: get(at(start), { returns: bytes('text/javascript'), hidden: true }, () => sendWritten(tool.start)),
    style: get(at(style), { returns: bytes('text/css'), hidden: true }, () => sendWritten(tool.style)),
    files: Object.fromEntries(files),
  }
}
