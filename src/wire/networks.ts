const { BlockList, SocketAddress, isIPv4, isIPv6 } = process.getBuiltinModule('node:net')

/** Networks whose proxies are believed. */
export interface Networks {
  /** @param address in its plain form. */
  readonly has: (address: string) => boolean
  /** True where peers on a unix socket are believed. */
  readonly unix: boolean
}

const WORDS: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  // RFC 1918 and RFC 4193.
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/**
 * Reads networks: `10.0.0.0/8`, `fd00::/8`, one address, `loopback`, `private`, `unix`.
 *
 * @throws {TypeError} for what is none of these, and for a network of all addresses.
 */
export function createNetworks(trust: readonly string[]): Networks {
  const list = new BlockList()
  for (const word of trust) {
    if (word === 'unix') continue
    for (const cidr of Object.hasOwn(WORDS, word) ? (WORDS[word] as readonly string[]) : [word]) add(list, cidr)
  }
  return {
    has: (address) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4'),
    unix: trust.includes('unix'),
  }
}

function add(list: InstanceType<typeof BlockList>, cidr: string): void {
  const [, base = '', size] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(cidr) ?? []
  const address = plainAddress(base)
  if (address === undefined) throw notNetwork(cidr)
  const isFour = !address.includes(':')
  const width = isFour ? 32 : 128
  // `::ffff:10.0.0.0/104` is 10.0.0.0/8.
  const bits = size === undefined ? width : Number(size) - (isFour && base.includes(':') ? 96 : 0)
  if (bits < 0 || bits > width) throw notNetwork(cidr)
  if (bits === 0) throw new TypeError(`proxy: trust has "${cidr}", which is everybody: name the networks of proxies`)
  list.addSubnet(address, bits, isFour ? 'ipv4' : 'ipv6')
}

function notNetwork(text: string): TypeError {
  const forms = '"10.0.0.0/8", "fd00::/8", one address, "loopback", "private" or "unix"'
  return new TypeError(`proxy: trust has "${text}", which is no network: write ${forms}`)
}

/**
 * An address in the one form that all of its spellings have: IPv6 as RFC 5952 writes it, `::ffff:1.2.3.4` as
 * 1.2.3.4. Undefined where the text is none, and for an address with a zone, which means nothing on another machine.
 */
export function plainAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  if (!isIPv6(text) || text.includes('%')) return undefined
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** The plain form of a socket's address; a zone is left out. */
export function peerAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const zone = text.indexOf('%')
  return plainAddress(zone === -1 ? text : text.slice(0, zone))
}
