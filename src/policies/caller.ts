import type { PolicyContext } from '../contract/policy.ts'

/**
 * Who a request is counted for: the principal where there is one, or else the address it came from. Of IPv6 that is
 * the network of 64 bits which one customer is given; `::ffff:192.0.2.1` is 192.0.2.1.
 */
export function callerOf({ principal, request }: PolicyContext): string {
  return principal === undefined ? `address:${networkOf(request.remoteAddress ?? '')}` : `principal:${principal.id}`
}

/** The address as one caller has it: IPv4 whole, IPv6 by its first 64 bits. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const groups = groupsOf(address.toLowerCase().replace(/%.*$/, ''))
  const [a, b, c, d, e, f, g = 0, h = 0] = groups
  const mapped = a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff
  if (mapped) return `${g >> 8}.${g & 255}.${h >> 8}.${h & 255}`
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2). */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const plain = dotted === null ? address : dotted[1] + hexOf(dotted.slice(2).map(Number))
  const [left = '', right] = plain.split('::') as [string?, string?]
  const numbers = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  if (right === undefined) return numbers(left)
  const [before, after] = [numbers(left), numbers(right)]
  return [...before, ...new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after]
}

function hexOf([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string {
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
