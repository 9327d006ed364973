import { trimmed } from './field-list.ts'
import { plainAddress } from './networks.ts'

/** What one proxy says of the request that it got (RFC 7239 §4). */
export interface ForwardedElement {
  readonly for: string | undefined
  readonly host: string | undefined
  readonly proto: string | undefined
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"'
const PAIR = `${TOKEN}=(?:${TOKEN}|${QUOTED})`
const ELEMENT = new RegExp(`^(?:${PAIR})?(?:;(?:${PAIR})?)*$`)
const PAIRS = new RegExp(`(${TOKEN})=(${TOKEN}|${QUOTED})`, 'g')

/**
 * The elements of a `Forwarded` field, the last first, up to one that is malformed.
 *
 * The shortest end of the field that is an element by itself is its last element, whatever stands before: a caller
 * who sends `for="` cannot draw what a proxy adds into a quoted string. In a field that follows the grammar these are
 * the same elements as from the left. An end that began inside a quoted string would be inside one at the end of the
 * field, for each quote that closes there opens here, and no escape is allowed outside.
 */
export function* elementsFromRight(field: string): Generator<ForwardedElement> {
  let end = field.length
  while (end >= 0) {
    let start = end
    let element: ForwardedElement | undefined
    while (element === undefined && start > 0) {
      const comma = field.lastIndexOf(',', start - 1)
      element = elementOf(trimmed(field, comma + 1, end))
      start = comma
    }
    if (element === undefined) return
    yield element
    end = start
  }
}

/** An element by the grammar; undefined where it is none, or says a thing twice. */
function elementOf(text: string): ForwardedElement | undefined {
  if (!ELEMENT.test(text)) return undefined
  const pairs = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(PAIRS)) {
    const key = name.toLowerCase()
    if (pairs.has(key)) return undefined
    pairs.set(key, value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value)
  }
  return { for: pairs.get('for'), host: pairs.get('host'), proto: pairs.get('proto') }
}

/** An IPv4 address, or an IPv6 address in brackets, with or without a port (RFC 7239 §6). */
const NODE = /^(?:([\d.]+)|\[([\dA-Fa-f:.]+)\])(?::(?:\d{1,5}|_[\w.-]+))?$/

/** The address of a node; undefined for `unknown`, for `_hidden`, and for what is no node. */
export function nodeAddress(node: string): string | undefined {
  const found = NODE.exec(node)
  if (found === null) return undefined
  const [, four, six] = found
  if (four !== undefined) return plainAddress(four)
  return six?.includes(':') ? plainAddress(six) : undefined
}
