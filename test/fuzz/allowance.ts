import { type Description, type Found, type Operation, decoded } from './description.ts'
import { type Draft, bytesOf, headerOf, targetOf } from './draft.ts'

/** What may answer a request: an operation, or what belongs to none. */
export interface Allowance {
  /** The operation that it reaches, where it reaches one: its declared replies are allowed. */
  readonly operation: Operation | undefined
  readonly found: Found | undefined
  /** Statuses that belong to no operation, and that this request may be answered with. */
  readonly others: ReadonlySet<number>
  /** What `Allow` must list in a 405, and in the 204 to OPTIONS. */
  readonly allow: readonly string[] | undefined
}

/** Bytes a target may have before it is 414, and bytes and number of fields before they are 431. */
const TARGET = 8192
const FIELDS = 16_384
const COUNT = 100

const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'CONNECT'])

/**
 * Reads from a request, as it is sent, what may answer it:
 *
 * | Request | Reply |
 * |---|---|
 * | its path and method are an operation's, the first of several | what the operation declares, below 500 |
 * | HEAD where there is GET | what GET declares, without the body |
 * | a path that fits no template | 404; 400 where its escapes are no text |
 * | another method on a path there is | 405 and `Allow`; OPTIONS: 204 and `Allow` |
 * | a method that HTTP does not have | 501 |
 * | `.`, `..`, `\`, `#`, bytes beyond ASCII in the path, no path at all | 400 |
 * | a target over 8,192 bytes | 414 |
 * | fields over 16,384 bytes, or more than 100 | 431 |
 * | a head or framing that is not HTTP/1.1 | 400, and what the mutation names: 413, 417, 501, 505 |
 */
export function allowanceOf(draft: Draft, description: Description): Allowance {
  const others = new Set(draft.refusals)
  const target = targetOf(draft)
  const none = (...statuses: number[]): Allowance => {
    for (const status of statuses) others.add(status)
    return { operation: undefined, found: undefined, others, allow: undefined }
  }
  if (fieldsLength(bytesOf(draft)) > FIELDS || draft.headers.length + 1 > COUNT) others.add(431)
  if (draft.version === 'HTTP/1.0' && draft.framing !== 'length') others.add(400)
  const path = localPath(draft.path)
  const unclean =
    path === undefined ||
    /[^\x21-\x7e]/.test(draft.path) ||
    /[\\#]/.test(path) ||
    path.split(/\/|%2f|%5c/i).some(isDots)
  const undecodable = draft.path.split('/').some((segment) => decoded(segment) === undefined)
  if (target.length > TARGET) others.add(414).add(431)
  if (!KNOWN.has(draft.method)) return none(501, 400)
  if (headerOf(draft, 'host') === undefined && draft.version !== 'HTTP/1.0') others.add(400)
  if (draft.query !== undefined && /[#\x80-\xff\0-\x20]/.test(draft.query)) others.add(400)
  if (unclean || target.length > TARGET) return none(...(unclean ? [400] : []), ...(undecodable ? [404] : []))

  const fitting = description.findAll(path)
  if (fitting.length === 0) return none(404, ...(undecodable ? [400] : []))
  for (const found of fitting) {
    const { operations } = found.template
    const operation = operations.get(draft.method) ?? (draft.method === 'HEAD' ? operations.get('GET') : undefined)
    if (operation !== undefined) return { operation, found, others, allow: undefined }
  }
  const methods = new Set([...fitting.flatMap(({ template }) => [...template.operations.keys()]), 'OPTIONS'])
  if (methods.has('GET')) methods.add('HEAD')
  others.add(draft.method === 'OPTIONS' ? 204 : 405)
  return { operation: undefined, found: fitting[0], others, allow: [...methods].toSorted() }
}

/** Bytes from the first field to the empty line after the last. */
function fieldsLength(bytes: Uint8Array): number {
  const all = Buffer.from(bytes)
  const begin = all.indexOf('\r\n') + 2
  const end = all.indexOf('\r\n\r\n')
  return (end === -1 ? all.length : end + 4) - begin
}

function isDots(segment: string): boolean {
  return /^\.{1,2}$/.test(decoded(segment) ?? '')
}

/** The path of a target in origin or absolute form (RFC 9112 §3.2); undefined where it is neither. */
function localPath(path: string): string | undefined {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(path)
  const local = absolute === null ? path : path.slice(absolute[0].length) || '/'
  return local.startsWith('/') ? local : undefined
}
