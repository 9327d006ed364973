import { createHash, randomInt, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * A secret that is found by its id: `prefix_id_secret`. What is kept of it is the id and a digest: a store that is read
 * gives nobody a token. The last six characters are a checksum, so that a typo is told from a token without asking the
 * store, and what scans for leaked secrets tells a token from other text.
 */
export interface Token {
  readonly text: string
  readonly id: string
  /** SHA-256 of the whole text, in hex. 256 random bits need no slow hash. */
  readonly digest: string
}

const CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Characters of an id, 95 bits; of a secret, 256 bits; of a checksum, 32 bits. */
const ID = 16
const SECRET = 43
const CHECKSUM = 6

/** @throws {TypeError} for a prefix that is none. */
export function checkPrefix(prefix: string): string {
  if (/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(prefix) && prefix.length <= 32) return prefix
  throw new TypeError(`"${prefix}" is no prefix: use lower-case letters and digits, such as "shop" or "shop_test"`)
}

/** Makes a new one, or another secret for an id. */
export function createToken(prefix: string, id: string = random(ID)): Token {
  const body = `${prefix}_${id}_${random(SECRET)}`
  const text = body + checksum(body)
  return { text, id, digest: digestOf(text) }
}

/** Reads one; undefined for what is none of this prefix, or is mistyped. */
export function readToken(prefix: string, text: string): Token | undefined {
  const tail = text.slice(prefix.length)
  if (!text.startsWith(prefix) || tail.length !== ID + SECRET + CHECKSUM + 2) return undefined
  const id = /^_([0-9A-Za-z]{16})_[0-9A-Za-z]{49}$/.exec(tail)?.[1]
  if (id === undefined || checksum(text.slice(0, -CHECKSUM)) !== text.slice(-CHECKSUM)) return undefined
  return { text, id, digest: digestOf(text) }
}

/** Compares two digests in constant time. */
export function isSameDigest(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'))
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function random(length: number): string {
  return Array.from({ length }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join('')
}

function checksum(text: string): string {
  let rest = crc32(text)
  let sum = ''
  for (let i = 0; i < CHECKSUM; i++) {
    sum = CHARACTERS[rest % CHARACTERS.length] + sum
    rest = Math.floor(rest / CHARACTERS.length)
  }
  return sum
}
