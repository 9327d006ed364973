import type { Problem } from '../../contract/problem.ts'
import { BadRequest, MethodNotAllowed } from '../../contract/problems.ts'
import { isAuthority } from '../authority.ts'
import type { WireLimits } from '../limits.ts'
import { checkExpect } from '../expectation.ts'
import { HeadersTooLarge } from '../refusals.ts'

/** What a request says of itself in its pseudo-header fields (RFC 9113 §8.3.1), and the fields that follow them. */
export interface Head {
  readonly method: string
  readonly scheme: string
  readonly target: string
  /** `:authority`, or Host where that is missing. */
  readonly authority: string
  /** Names and values by turns, as they came, pseudo-header fields and Host left out. */
  readonly fields: readonly string[]
  /** The value of Host where it came beside `:authority`. */
  readonly host: string | undefined
}

/** Sorts the fields of a request. nghttp2 has seen to it that names are in lower case, and pseudo-header fields first. */
export function headOf(raw: readonly string[]): Head {
  let method = ''
  let scheme = ''
  let target = ''
  let authority: string | undefined
  let host: string | undefined
  const fields: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const value = raw[i + 1] as string
    if (name === ':method') method = value
    else if (name === ':scheme') scheme = value
    else if (name === ':path') target = value
    else if (name === ':authority') authority = value
    else if (name === 'host') host = value
    else if (name.charCodeAt(0) !== 0x3a) fields.push(name, value)
  }
  return {
    method,
    scheme,
    target,
    authority: authority ?? host ?? '',
    fields,
    host: authority === undefined ? undefined : host,
  }
}

/**
 * Refuses what nghttp2 lets pass. It resets a stream by itself (PROTOCOL_ERROR) for connection-specific fields, names
 * in capitals, a missing or doubled pseudo-header field, two Hosts, a content-length that is none (RFC 9113 §8.1.1).
 *
 * @throws HeadersTooLarge, BadRequest, MethodNotAllowed, ExpectationFailed
 */
export function checkHead(head: Head, limits: WireLimits): void {
  const { method, scheme, fields, authority, host } = head
  // What these would be in HTTP/1.1, so that a request passes or fails on both.
  let bytes = 'host: \r\n'.length + authority.length
  for (const text of fields) bytes += text.length + 2
  if (fields.length / 2 + 1 > limits.headerCount || bytes > limits.headerBytes) throw HeadersTooLarge() as Problem
  if (method === 'CONNECT') throw MethodNotAllowed({ headers: { allow: '' } })
  // nghttp2 looks at the path of these two alone: of another scheme it may be a URL, whose host is not :authority.
  if (!/^https?$/i.test(scheme)) throw BadRequest({ detail: ':scheme is neither http nor https (RFC 9113 §8.3.1)' })
  if (authority === '' || !isAuthority(authority)) {
    throw BadRequest({ detail: ':authority is not a host with an optional port (RFC 9113 §8.3.1)' })
  }
  if (host !== undefined && plain(host) !== plain(authority)) {
    throw BadRequest({ detail: 'Host is not what :authority says (RFC 9113 §8.3.1)' })
  }
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === 'expect') checkExpect(fields[i + 1] as string)
  }
}

/** Two authorities are one where letters and the default port differ (RFC 3986 §6.2.3). */
function plain(authority: string): string {
  return authority.toLowerCase().replace(/:(?:443)?$/, '')
}

/** Fields that belong to a connection of HTTP/1.1, and that no HTTP/2 message may hold (RFC 9113 §8.2.2). */
const OF_CONNECTION = /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te)$/i

/**
 * Header fields of a reply as node:http2 takes them. What somebody set about the connection is left out: it means
 * nothing here.
 */
export function toHeaders(status: number, fields: readonly string[]): Record<string, string | string[]> {
  const headers = Object.create(null) as Record<string, string | string[]>
  headers[':status'] = String(status)
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    if (OF_CONNECTION.test(name)) continue
    const value = fields[i + 1] as string
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else headers[name] = typeof before === 'string' ? [before, value] : [...before, value]
  }
  return headers
}
