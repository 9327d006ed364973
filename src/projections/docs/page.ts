import type { Tool } from './tool.ts'

/** Where a page finds what it loads, relative to itself, so that it works behind any prefix. */
export interface PageLinks {
  readonly document: string
  readonly scripts: readonly string[]
  readonly styles: readonly string[]
}

/** The HTML of a documentation page. It holds no script: the policy it is sent with allows none. */
export function pageHtml(title: string, tool: Tool, links: PageLinks): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(`${title} · ${tool.label}`)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
${links.styles.map((href) => `<link rel="stylesheet" href="${escapeHtml(href)}">`).join('\n')}
</head>
<body>
<div id="docs" data-document="${escapeHtml(links.document)}"></div>
<noscript>This page needs JavaScript. The API is described in <a href="${escapeHtml(links.document)}">its OpenAPI document</a>.</noscript>
${links.scripts.map((src) => `<script src="${escapeHtml(src)}"></script>`).join('\n')}
</body>
</html>
`
}

/** The reference that leads from one path to another (RFC 3986 §4.2), both from the same root. */
export function relativeReference(from: string, to: string): string {
  const folders = from.split('/').slice(1, -1)
  const parts = to.split('/').slice(1)
  let shared = 0
  while (shared < folders.length && shared < parts.length - 1 && folders[shared] === parts[shared]) shared++
  const up = folders.length - shared
  return (up === 0 ? './' : '../'.repeat(up)) + parts.slice(shared).join('/')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
}
