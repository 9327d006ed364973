import { escapeHtml } from '../../compile/escape-html.ts'
import type { DocsLogin } from '../../contract/api.ts'
import { type StatedReply, reply } from '../../contract/reply-spec.ts'
import { scriptNames, styleNames } from './asset.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import type { Tool } from './tool.ts'

/** What a page is made from. Paths are those of the API's endpoints. */
export interface PageSource {
  /** The API's. */
  readonly title: string
  readonly servers: readonly string[]
  readonly place: string
  readonly openapi: string
  readonly tool: Tool
  /** Versions that stand side by side, and the one that is shown. */
  readonly versions: { readonly names: readonly string[]; readonly current: string } | undefined
  /** What it logs in as; undefined where it does not. */
  readonly login: PageLogin | undefined
}

/** What a page needs to log somebody in. */
export interface PageLogin extends Partial<DocsLogin> {
  /** The path to which a provider leads back. */
  readonly place: string
  /** What is asked meanwhile, beyond the page's own host. */
  readonly servers: readonly string[]
}

/** Answers with the HTML of a documentation page. */
export function sendPage(source: PageSource): StatedReply<200, string> {
  return reply(200, html(source), {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy(
      [...source.servers, ...(source.login?.servers ?? [])],
      source.tool.needs,
    ),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  })
}

/**
 * It holds no script, for the policy it is sent with allows none, and links to all by relative
 * references, so that it works behind any prefix.
 */
function html({ title, place, openapi, tool, versions, login }: PageSource): string {
  const search = versions === undefined ? '' : `?version=${versions.current}`
  const document = escapeHtml(relativeReference(place, openapi) + search)
  const link = (name: string): string =>
    escapeHtml(relativeReference(place, `${place === '/' ? '' : place}/assets/${name}`))
  const returning = relativeReference(place, login?.place ?? '/')
  const scopes = login?.scopes?.join(' ') ?? ''
  const data = {
    document,
    ...(login && { client: escapeHtml(login.clientId ?? ''), scopes: escapeHtml(scopes), returning }),
  }
  const attributes = Object.entries(data).map(([name, value]) => `data-${name}="${value}"`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(`${title} · ${tool.label}`)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
${styleNames(tool)
  .map((name) => `<link rel="stylesheet" href="${link(name)}">`)
  .join('\n')}
</head>
<body>
${versions === undefined ? '' : navigation(versions)}<div id="docs" ${attributes.join(' ')}></div>
<noscript>This page needs JavaScript. The API is described in <a href="${document}">its OpenAPI document</a>.</noscript>
${scriptNames(tool)
  .map((name) => `<script src="${link(name)}"></script>`)
  .join('\n')}
</body>
</html>
`
}

/** Links to the same page of each version. */
function navigation({ names, current }: NonNullable<PageSource['versions']>): string {
  const links = names.map((name) =>
    name === current
      ? `<strong aria-current="page">${escapeHtml(name)}</strong>`
      : `<a href="?version=${escapeHtml(name)}">${escapeHtml(name)}</a>`,
  )
  return `<nav aria-label="Versions">${links.join(' · ')}</nav>\n`
}

/** The reference that leads from one path to another (RFC 3986 §4.2), both from the same root. */
function relativeReference(from: string, to: string): string {
  const folders = from.split('/').slice(1, -1)
  const parts = to.split('/').slice(1)
  let shared = 0
  while (shared < folders.length && shared < parts.length - 1 && folders[shared] === parts[shared]) shared++
  const up = folders.length - shared
  return (up === 0 ? './' : '../'.repeat(up)) + parts.slice(shared).join('/')
}
