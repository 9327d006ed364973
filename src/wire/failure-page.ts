import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { escapeHtml } from '../compile/escape-html.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import { errorOf } from '../pipeline/fail.ts'
import { WireReply } from '../pipeline/reply.ts'

/** Lines shown before and after the one that failed. */
const AROUND = 5

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: #fde2e2; --dim: #666; --box: #f6f6f6 }
@media (prefers-color-scheme: dark) { :root { --line: #5a1f1f; --dim: #999; --box: #1d1d1d } }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
p { margin: 0 0 1rem; color: var(--dim); overflow-wrap: anywhere }
pre { background: var(--box); border-radius: .5rem; padding: .75rem 0; overflow-x: auto; font: 14px/1.6 ui-monospace, monospace }
pre code { display: block; width: max-content; min-width: 100%; font: inherit }
pre span { display: block; padding: 0 1rem; white-space: pre }
pre .failed { background: var(--line) }
.stack span { padding-left: calc(1rem + 6ch); text-indent: -6ch; white-space: pre-wrap; word-break: break-word }
.stack span:is(.inner, .own) { word-break: break-all }
.stack .inner { color: var(--dim) }
`

/**
 * The page a browser gets in development when a handler fails: the failing line among its neighbours,
 * and the stack. undefined for callers that did not ask for HTML.
 */
export function failurePage(x: Exchange, thrown: unknown): WireReply | undefined {
  if (!/\btext\/html\b/i.test(x.request.header('accept') ?? '')) return undefined
  const error = errorOf(thrown)
  const place = placeOf(error)
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(error.name)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(error.name)}: ${escapeHtml(error.message)}</h1>
<p>${escapeHtml(`${x.request.method} ${x.request.path}`)}${x.operation === undefined ? '' : `, ${escapeHtml(x.operation)}`}${
    place === undefined ? '' : `<br>${escapeHtml(place.file)}:${place.line}`
  }</p>
${place === undefined ? '' : excerpt(place)}
<pre class="stack">${stackHtml(error)}</pre>
<p>Shown because the server runs in development. In production the reply says nothing of this.</p>
</html>
`
  return new WireReply(500, html, [
    'content-type',
    'text/html; charset=utf-8',
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'",
    'cache-control',
    'no-store',
  ])
}

interface Place {
  readonly file: string
  readonly line: number
  readonly lines: readonly string[]
}

/** This package's own folder: frames in it are ours, not the reader's. */
const OWN = new URL('..', import.meta.url).href

const FRAME = /(file:\/\/[^\s()]+?|\/[^\s():]+):(\d+):\d+/

/** Where in the reader's own code a line of a stack leads, if it leads there. */
function ownFrame(stackLine: string): { readonly url: string; readonly line: number } | undefined {
  const [, where, line] = FRAME.exec(stackLine) ?? []
  if (where === undefined) return undefined
  const url = where.startsWith('file:') ? where : `file://${where}`
  return url.startsWith(OWN) || url.includes('/node_modules/') ? undefined : { url, line: Number(line) }
}

/** The first frame of the reader's own code, with its source. */
function placeOf(error: Error): Place | undefined {
  for (const stackLine of error.stack?.split('\n') ?? []) {
    const frame = ownFrame(stackLine)
    if (frame === undefined) continue
    const { url, line } = frame
    try {
      const file = fileURLToPath(url.replace(/\?.*$/, ''))
      return { file, line, lines: readFileSync(file, 'utf8').split('\n') }
    } catch {
      // a frame whose source is gone: the next may have one
    }
  }
  return undefined
}

function excerpt({ line, lines }: Place): string {
  const from = Math.max(1, line - AROUND)
  const shown = lines.slice(from - 1, line + AROUND).map((text, index) => {
    const number = from + index
    const label = String(number).padStart(String(line + AROUND).length)
    return `<span${number === line ? ' class="failed"' : ''}>${label}  ${escapeHtml(text)}</span>`
  })
  // In one box as wide as the longest line, so that the mark reaches to where one can scroll.
  return `<pre><code>${shown.join('')}</code></pre>`
}

/** Frames that are not the reader's are dim, for there are many of them. */
function stackHtml(error: Error): string {
  const lines = stacks(error).split('\n')
  const kindOf = (line: string): string => (!/^\s+at /.test(line) ? 'words' : ownFrame(line) ? 'own' : 'inner')
  return lines.map((line) => `<span class="${kindOf(line)}">${escapeHtml(line)}</span>`).join('')
}

/** The stack, and those of what caused it. */
function stacks(error: Error): string {
  const own = error.stack ?? String(error)
  return error.cause instanceof Error ? `${own}\ncaused by ${stacks(error.cause)}` : own
}
