import type { FieldKind } from './text-kind.ts'

/** Turns one text into the type its field asks for; text that does not fit stays text, for the schema to refuse. */
export type FromText = (text: string) => unknown

/** JSON's grammar for numbers (RFC 8259 §6): no hexadecimal, no `Infinity`, no blanks, no leading `+`. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
/** BigInt's parser takes time with the square of the digits; no honest identifier needs more than this. */
const INTEGER = /^-?(?:0|[1-9]\d{0,308})$/

const same: FromText = (text) => text

/** The conversion for a field. Where a field takes text as well as something else, text wins unless it reads as the other. */
export function fromText(field: FieldKind): FromText {
  const { kinds } = field
  const number = kinds.has('number')
  const bigint = kinds.has('bigint')
  const boolean = kinds.has('boolean')
  const nothing = kinds.has('null') && !kinds.has('text')
  // Where plain text is welcome, `7` and `true` are text already.
  if (kinds.has('text') || !(number || bigint || boolean || nothing)) return same
  return (text) => {
    if (number) {
      const small = smallInteger(text)
      if (small !== -1) return small
      if (NUMBER.test(text)) return Number(text)
    }
    if (bigint && INTEGER.test(text)) return BigInt(text)
    if (boolean) {
      if (text === 'true' || text === '1') return true
      if (text === 'false' || text === '0') return false
    }
    if (nothing && (text === 'null' || text === '')) return null
    return text
  }
}

/** Digits without a sign, up to 99,999,999, as most ids and limits are; -1 for anything else. NUMBER takes ten times as long. */
function smallInteger(text: string): number {
  const { length } = text
  if (length === 0 || length > 8 || (length > 1 && text.charCodeAt(0) === 0x30)) return -1
  let number = 0
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}
