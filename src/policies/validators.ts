import { plainValue } from '../contract/coded-tag.ts'
import type { ReplyHeaders } from '../contract/reply-spec.ts'

/** What tells one state of a resource from another. */
export interface Validators {
  /** Changes with every change: a column `version`, a hash. It becomes the `ETag`. */
  readonly version?: string | number | bigint
  /** When it last changed. It becomes `Last-Modified`, whose seconds tell no two changes in one apart. */
  readonly modified?: Date
}

/** What a tag may hold (RFC 9110 §8.8.3). */
const TAG = /^[\x21\x23-\x7e]+$/

/**
 * The header fields of a state: `ETag`, strong, and `Last-Modified`.
 *
 * @throws {TypeError} for a version that no tag can hold, or a date that is none.
 * @example
 * return reply(200, product, validators({ version: product.version }))
 */
export function validators({ version, modified }: Validators): ReplyHeaders {
  return {
    ...(version !== undefined && { etag: tagOf(version) }),
    ...(modified !== undefined && { 'last-modified': dateOf(modified) }),
  }
}

function tagOf(version: string | number | bigint): string {
  const text = String(version)
  if (plainValue(text) !== text)
    throw new TypeError(`"${text}" ends as tags of compressed replies do: end it otherwise`)
  if (TAG.test(text)) return `"${text}"`
  throw new TypeError('a version is visible ASCII characters without quotes: no ETag can hold this one')
}

function dateOf(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new TypeError('modified is no date')
  return date.toUTCString()
}

/** An entity tag, as it is compared. */
export interface Tag {
  /** What is between its quotes. */
  readonly value: string
  readonly isWeak: boolean
}

/** The tags in a field; what is none is left out, and matches nothing. One of a coded reply is that of its state. */
export function readTags(text: string): Tag[] {
  return Array.from(text.matchAll(/(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g), ([, weak, value = '']) => ({
    value: plainValue(value),
    isWeak: weak !== undefined,
  }))
}

/** The three forms of a date (RFC 9110 §5.6.7): that of today, and two that must be understood. */
const DATES = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
]

/** Milliseconds since 1970; undefined for what is no date, which is as if it were not there. */
export function readDate(text: string): number | undefined {
  const form = DATES.findIndex((one) => one.test(text))
  if (form === -1) return undefined
  const plain = form === 1 ? text.replace(/-(\d{2}) /, (_, year) => ` ${wholeYear(Number(year))} `) : text
  const time = Date.parse(form === 2 ? `${plain} GMT` : plain)
  return Number.isNaN(time) ? undefined : time
}

/** The year of two digits: what would be more than 50 years ahead was (RFC 9110 §5.6.7). */
function wholeYear(digits: number): number {
  const now = new Date().getUTCFullYear()
  const year = now - (now % 100) + digits
  return year > now + 50 ? year - 100 : year
}
