import { schemesUsed } from '../compile/faults.ts'
import type { Plan } from '../compile/plan.ts'
import type { Call } from '../contract/front-door.ts'
import { BadRequest } from '../contract/problems.ts'
import { TOKEN } from '../contract/token.ts'
import type { Incoming } from './incoming.ts'

/** What is asked for, in which form, on which condition and under which key: of no use to who would be somebody else. */
const FREE: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'prefer',
  'range',
])

/** Who asks and from where, and where a message ends: of these no schema and no policy makes anything else. */
const NEVER =
  /^(?:authorization|cookie|proxy-.*|host|origin|referer|sec-.*|forwarded|via|x-forwarded-.*|x-real-ip|content-length|content-encoding|transfer-encoding|te|trailer|connection|keep-alive|upgrade|expect|http2-settings|access-control-.*)$/

/** What a field value may hold (RFC 9110 §5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** Characters of a value, as many as a wire takes at least. */
const VALUE_LIMIT = 8192
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/
/** A path and its query (RFC 9112 §3.2.1): an address of a host says who is asked, and that is known. */
const TARGET = /^\/[\x21-\x7e]*$/

/**
 * A call as it may be made, with credentials that the request has in its query.
 *
 * @throws {Problem} `BadRequest` for what no wire would take, and for a field that says who asks.
 */
export type CheckCall = (call: Call, outer: Incoming) => Call

/** Which header fields calls may bring along, by what an API declares. Looked through once, when the first call comes. */
export function checkingCalls({ endpoints, versions }: Plan): CheckCall {
  const free = versions === undefined ? FREE : new Set([...FREE, versions.header.toLowerCase()])
  const declared = new Set(
    endpoints.flatMap(({ decoders, policies }) => [
      ...(decoders.headers?.fields?.keys() ?? []),
      ...policies.flatMap(({ policy }) => Object.keys(policy.contract.requestHeaders ?? {}).map(lower)),
    ]),
  )
  const keys = endpoints.flatMap(({ operation }) => schemesUsed(operation).map(({ scheme }) => scheme))
  const namesIn = (place: string): Set<string> =>
    new Set(keys.flatMap((key) => (key.type === 'apiKey' && key.in === place ? [String(key.name)] : [])))
  const credentials = new Set([...namesIn('header')].map(lower))
  const inQuery = namesIn('query')

  const checkField = (name: string, value: string, outer: Incoming): void => {
    if (!TOKEN.test(name)) throw BadRequest({ detail: 'A name of a header field is none' })
    if (value.length > VALUE_LIMIT || !VALUE.test(value)) {
      throw BadRequest({ detail: `The header field "${name}" has a value that no field can have` })
    }
    if (free.has(name)) return
    if (!declared.has(name) || NEVER.test(name) || credentials.has(name)) {
      throw BadRequest({
        detail: `The header field "${name}" is not for a call to set: it is that of the whole request`,
      })
    }
    // What a proxy says of its caller it says of all of them.
    if ((outer.field(name) ?? value) !== value) {
      throw BadRequest({
        detail: `The header field "${name}" is set for the whole request, and cannot be another here`,
      })
    }
  }

  return (call, outer) => {
    const { method, target, headers } = call
    if (!METHOD.test(method)) throw BadRequest({ detail: 'The method is none' })
    if (!TARGET.test(target)) {
      throw BadRequest({ detail: 'The path begins with "/", and is percent-encoded: no scheme, no host' })
    }
    for (const [name, value] of headers) checkField(name, value, outer)
    return inQuery.size === 0 ? call : { ...call, target: withCredentials(target, outer, inQuery) }
  }
}

/** The target with the credentials that the whole request has in its query. */
function withCredentials(target: string, outer: Incoming, names: ReadonlySet<string>): string {
  const mark = target.indexOf('?')
  const own = new URLSearchParams(mark === -1 ? '' : target.slice(mark))
  const given = new URLSearchParams(outer.search)
  let whole = target
  for (const name of names) {
    if (own.has(name)) {
      throw BadRequest({
        detail: `The query field "${name}" is not for a call to set: it is that of the whole request`,
      })
    }
    for (const value of given.getAll(name)) {
      whole += `${whole.includes('?') ? '&' : '?'}${encodeURIComponent(name)}=${encodeURIComponent(value)}`
    }
  }
  return whole
}

function lower(name: string): string {
  return name.toLowerCase()
}
