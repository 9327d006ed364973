import { type Html, html } from './html.ts'
import type { Shown } from './shown.ts'

/** What is on the page, as a command and as a call of the typed client. */
export function snippetSection(shown: Shown): Html {
  const { action, route } = shown
  if (action === undefined || route === undefined) return html``
  return html`<details class="snippet"><summary>As a command, or in code</summary>
<h3>curl</h3><pre tabindex="0"><code>${curlOf(shown)}</code></pre>
<h3>TypeScript</h3><pre tabindex="0"><code>${clientCall(shown)}</code></pre></details>`
}

function curlOf({ origin, prefix, path, search, action }: Shown): string {
  const query = search.toString()
  const url = `${origin}${prefix}${path}${query === '' ? '' : `?${query}`}`
  const authorization = action?.secured ? ` \\\n  -H 'Authorization: Bearer '"$TOKEN"` : ''
  return `curl ${quoted(url)} \\\n  -H 'Accept: application/json'${authorization}`
}

/** For a shell: nothing in single quotes means anything (POSIX, Shell Command Language §2.2.2). */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function clientCall({ action, route, path, search }: Shown): string {
  const parts = path.split('/').slice(1)
  const params = Object.fromEntries(
    (route?.segments ?? []).flatMap(({ is, text }, i) => (is === 'param' ? [[text, typed(parts[i] ?? '')]] : [])),
  )
  const names = [...new Set(search.keys())]
  const lists = new Set(
    action?.parameters.flatMap(({ name, in: place, schema }) =>
      place === 'query' && schema.type === 'array' ? [name] : [],
    ),
  )
  const query = Object.fromEntries(
    names.map((name) => {
      const values = search.getAll(name).flatMap((value) => (lists.has(name) ? value.split(',') : [value]))
      return [name, lists.has(name) ? values : typed(values[0] as string)]
    }),
  )
  const input = {
    ...(Object.keys(params).length > 0 && { params }),
    ...(names.length > 0 && { query }),
  }
  const text = Object.keys(input).length === 0 ? '' : literal(input)
  return `const client = createClient<typeof api>(url)\nconst reply = await client.${action?.id}(${text})`
}

function typed(text: string): unknown {
  let plain = text
  try {
    plain = decodeURIComponent(text)
  } catch {}
  if (/^-?(?:0|[1-9]\d{0,14})$/.test(plain)) return Number(plain)
  return plain === 'true' ? true : plain === 'false' ? false : plain
}

/** A value as code has it: names that need no quotes have none. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? quotedForCode(value) : String(value)
  const members = Object.entries(value).map(
    ([name, one]) => `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : quotedForCode(name)}: ${literal(one)}`,
  )
  return `{ ${members.join(', ')} }`
}

function quotedForCode(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
