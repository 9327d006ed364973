import { isAuthority } from './authority.ts'
import { itemsFromRight } from './field-list.ts'
import { elementsFromRight, nodeAddress } from './forwarded.ts'
import { type Networks, createNetworks, peerAddress, plainAddress } from './networks.ts'
import { checkNames, spelled } from './option-values.ts'

/** The reverse proxies before a server. */
export interface ProxyOptions {
  /**
   * Networks of proxies that are believed: `10.0.0.0/8`, `fd00::/8`, one address, `loopback`, `private` (RFC 1918 and
   * RFC 4193), `unix` for peers on a unix socket. None unless told.
   */
  readonly trust?: readonly string[]
  /**
   * What they say it in: `x-forwarded`, all five fields of that name, unless told; some of them, where a proxy passes
   * on what callers say in the others; or `forwarded` (RFC 7239). What is not named is ignored.
   */
  readonly headers?: 'x-forwarded' | 'forwarded' | readonly XForwarded[]
  /** What they take off the path before they pass a request on: `/api`. A believed `X-Forwarded-Prefix` goes first. */
  readonly prefix?: string
}

const X_FORWARDED = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
] as const

type XForwarded = (typeof X_FORWARDED)[number]

/** Where a request came from, and where its caller sent it. */
export interface Origin {
  /** The caller's, in its plain form. */
  readonly address: string | undefined
  readonly scheme: 'http' | 'https' | undefined
  /** Host and port as the caller named them. */
  readonly authority: string | undefined
  /** What was taken off the path: `/api`, or `''`. */
  readonly prefix: string
}

/** What the proxies before a server say of requests. */
export interface ProxyRules {
  /**
   * @param peer the address at the other end of the connection, or `unix`; undefined where the connection is gone.
   * @param field the value of a header field by its name in lower case; several joined with a comma.
   */
  readonly originOf: (peer: string | undefined, field: Field) => Origin
}

/** What is at the other end of the connections of a server. */
export interface Peers {
  /** What to believe of proxies; nothing where undefined. */
  readonly proxy: ProxyRules | undefined
  /** True where the server listens on a unix socket: peers have no address then. */
  readonly unix: boolean
}

type Field = (name: string) => string | undefined

/**
 * What a server believes of the proxies before it.
 *
 * @throws {TypeError} for a network, field or prefix that is none, and for another option.
 */
export function createProxy(options: ProxyOptions): ProxyRules {
  checkNames('proxy', options, ['trust', 'headers', 'prefix'])
  const { trust = [], headers = 'x-forwarded' } = options
  if (!Array.isArray(trust)) throw new TypeError(`proxy: trust takes a list of networks, not ${spelled(trust)}`)
  const networks = createNetworks(trust)
  const prefix = ownPrefix(options.prefix)
  const read = headers === 'forwarded' ? fromForwarded : fromXForwarded
  const fields = fieldsOf(headers)
  return {
    originOf: (peer, field) => {
      const address = peer === 'unix' ? undefined : peerAddress(peer)
      const direct: Origin = { address, scheme: undefined, authority: undefined, prefix }
      const isTrusted = address === undefined ? peer === 'unix' && networks.unix : networks.has(address)
      return isTrusted ? read(direct, networks, (name) => (fields.has(name) ? field(name) : undefined)) : direct
    },
  }
}

/** The fields that are read: those named, and Host, which a port is put to. */
function fieldsOf(headers: NonNullable<ProxyOptions['headers']>): ReadonlySet<string> {
  if (headers === 'forwarded') return new Set(['forwarded'])
  const named: readonly XForwarded[] = headers === 'x-forwarded' ? X_FORWARDED : headers
  if (!Array.isArray(named) || named.length === 0 || !named.every((name) => X_FORWARDED.includes(name))) {
    throw new TypeError(`proxy: headers is "x-forwarded", "forwarded" or a list of ${X_FORWARDED.join(', ')}`)
  }
  return new Set(['host', ...named])
}

/**
 * Each element is what one proxy got: the last is the peer's, the one before it that of the proxy it names, and so on
 * for as long as they are believed. Of what several say, the word of the one nearest to the caller counts.
 */
function fromForwarded(direct: Origin, networks: Networks, field: Field): Origin {
  let { address, scheme, authority } = direct
  for (const element of elementsFromRight(field('forwarded') ?? '')) {
    scheme = schemeOf(element.proto) ?? scheme
    authority = givenAuthority(element.host) ?? authority
    const from = element.for === undefined ? undefined : nodeAddress(element.for)
    if (from === undefined) break
    address = from
    if (!networks.has(from)) break
  }
  return { ...direct, address, scheme, authority }
}

function fromXForwarded(direct: Origin, networks: Networks, field: Field): Origin {
  let { address } = direct
  let steps = 0
  const list = field('x-forwarded-for')
  for (const item of list === undefined ? [] : itemsFromRight(list)) {
    const from = plainAddress(item) ?? nodeAddress(item)
    if (from === undefined) break
    address = from
    steps++
    if (!networks.has(from)) break
  }
  // Of the other lists, no more than what the believed proxies can have written: one item each.
  const written = (name: string): string[] => {
    const items: string[] = []
    const given = field(name)
    if (given === undefined) return items
    for (const item of itemsFromRight(given)) {
      items.push(item)
      if (items.length >= steps) break
    }
    return items
  }
  const scheme = schemeOf(written('x-forwarded-proto').at(-1))
  const host = givenAuthority(written('x-forwarded-host').at(-1))
  const port = written('x-forwarded-port').at(-1)
  return {
    address,
    scheme,
    authority: port === undefined ? host : withPort(host ?? field('host'), port, scheme),
    prefix: givenPrefix(written('x-forwarded-prefix')) ?? direct.prefix,
  }
}

function schemeOf(proto: string | undefined): Origin['scheme'] {
  const scheme = proto?.toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : undefined
}

function givenAuthority(host: string | undefined): string | undefined {
  return host !== undefined && /^[^:]/.test(host) && isAuthority(host) ? host : undefined
}

/** Port 443 of https and port 80 of http go without saying, and a port that the host names stays. */
function withPort(host: string | undefined, port: string, scheme: Origin['scheme']): string | undefined {
  if (host === undefined || /:\d+$/.test(host) || scheme === undefined) return host
  const isPort = /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535
  return !isPort || port === (scheme === 'https' ? '443' : '80') ? host : `${host.replace(/:$/, '')}:${port}`
}

/**
 * Segments of plain characters: what begins with `//` is another host to browsers, and `..` leads out again. No comma,
 * for lists are cut there.
 */
const PREFIX = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&()*+;=:@-]+)+$/

/** What proxies one behind the other took off, the outermost first; undefined where one of them is no prefix. */
function givenPrefix(fromRight: readonly string[]): string | undefined {
  if (fromRight.length === 0) return undefined
  const parts = fromRight.toReversed().map((part) => part.replace(/\/$/, ''))
  return parts.every((part) => part === '' || PREFIX.test(part)) ? parts.join('') : undefined
}

function ownPrefix(given = ''): string {
  const prefix = typeof given === 'string' ? given.replace(/\/$/, '') : undefined
  if (prefix === '' || (prefix !== undefined && PREFIX.test(prefix))) return prefix
  throw new TypeError(`proxy: ${spelled(given)} is no prefix: write "/api"`)
}
