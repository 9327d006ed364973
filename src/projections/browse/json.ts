import { type Html, html } from './html.ts'
import { type Shown, hrefOf, hrefOfAddress } from './shown.ts'
import { isThere } from './value.ts'

/** What callers get, as they get it, in lines; addresses in it lead there. */
export function jsonSection(shown: Shown): Html {
  if (shown.value === undefined) return html``
  const text = JSON.stringify(shown.value, null, 2)
  const address = `${shown.prefix}${shown.path}`
  return html`<details class="raw"><summary>JSON</summary><p class="dim">What programs get from <code>${address}</code>.</p><pre tabindex="0"><code>${withLinks(shown, text)}</code></pre></details>`
}

/** A string of JSON that is an address and nothing else; escapes are left alone. */
const ADDRESS = /"((?:https?:\/\/|\/)[^"\\\s]+)"/g

function withLinks(shown: Shown, text: string): Html[] {
  const parts: Html[] = []
  let at = 0
  for (const found of text.matchAll(ADDRESS)) {
    const address = found[1] as string
    const href = address.startsWith('/') ? (isThere(shown, address) ? hrefOf(shown, address) : undefined) : address
    if (href === undefined) continue
    parts.push(
      html`${text.slice(at, found.index + 1)}<a href="${hrefOfAddress(shown, href)}" rel="noreferrer">${address}</a>`,
    )
    at = found.index + 1 + address.length
  }
  parts.push(html`${text.slice(at)}`)
  return parts
}
