/**
 * Path templates: `/orders/{id}` takes one segment, `/files/{path...}` takes the rest.
 * A parameter fills a whole segment; names are JavaScript identifiers.
 */
export type Path = `/${string}`

/** The parameter names in a path template, as `{ id: string }`. */
export type PathParams<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in ParamName<Name>]: string } & PathParams<Rest>
  : unknown

type ParamName<Name extends string> = Name extends `${infer Base}...` ? Base : Name

/** One segment of a template: literal text, a parameter, or the rest of the path. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'rest'; readonly name: string }

const PARAM = /^\{([A-Za-z_$][\w$]*)(\.\.\.)?\}$/

/** Joins a group's prefix and an endpoint's path; `/` adds nothing to a prefix. */
export function joinPaths(prefix: string, path: string): string {
  if (prefix === '' || prefix === '/') return path
  return path === '/' || path === '' ? prefix : prefix + path
}

/**
 * Splits a template into segments.
 *
 * @throws {TypeError} naming the segment, where a template cannot be matched.
 */
export function parsePath(path: string): Segment[] {
  if (!path.startsWith('/')) throw new TypeError(`a path begins with "/", write "/${path}"`)
  if (path === '/') return []
  const parts = path.slice(1).split('/')
  const names = new Set<string>()
  return parts.map((part, index): Segment => {
    const param = PARAM.exec(part)
    if (!param) {
      refuseForeign(part)
      if (part === '') throw new TypeError('an empty segment ("//" or a "/" at the end) never matches; remove it')
      if (part === '.' || part === '..') throw new TypeError(`"${part}" never matches: write the path it stands for`)
      if (/[{}]/.test(part)) {
        throw new TypeError(`a parameter fills a whole segment: "${part}" must be text, "{name}" or "{name...}"`)
      }
      if (/[?#\\\s]|[\0-\x1f\x7f]/.test(part)) throw new TypeError(`"${part}" has a character that no path can hold`)
      return { kind: 'literal', text: decodeURIComponent(part) }
    }
    const name = param[1] as string
    if (name === '__proto__') throw new TypeError('a parameter cannot be named "__proto__"; rename it')
    if (names.has(name)) throw new TypeError(`the parameter "${name}" appears twice; rename one`)
    names.add(name)
    if (!param[2]) return { kind: 'param', name }
    if (index !== parts.length - 1) throw new TypeError(`"${part}" takes the rest of the path, so it must come last`)
    return { kind: 'rest', name }
  })
}

/** Other routers have parameters that begin with ":" and "*"; taken as text, they would answer nobody. */
function refuseForeign(part: string): void {
  const mark = part[0]
  if (mark !== ':' && mark !== '*') return
  const name = /^[A-Za-z_$][\w$]*/.exec(part.slice(1))?.[0]
  const ours = mark === ':' ? `{${name ?? 'name'}}` : `{${name ?? 'rest'}...}`
  const text = (mark === ':' ? '%3A' : '%2A') + part.slice(1)
  throw new TypeError(`"${part}" is no parameter: write ${ours}, or ${text} for the text itself`)
}

/** The parameter names of a template in order. */
export function paramNames(path: string): string[] {
  return parsePath(path).flatMap((segment) => (segment.kind === 'literal' ? [] : [segment.name]))
}
