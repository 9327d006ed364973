/**
 * Keys as names of elements. What no name can hold is written as `_x0020_`, the number of the character between `_x` and
 * `_` (ISO/IEC 9075-14, as SQL/XML and .NET have it), so any key goes there and back.
 */

/** What a name begins with, and what else it holds (XML 1.0 §2.3), without the colon of namespaces. */
export const NAME_START: string =
  'A-Z_a-z\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}'
export const NAME_REST: string = `${NAME_START}\\-.0-9\\xb7\\u0300-\\u036f\\u203f\\u2040`

const PLAIN = /^[A-Za-z_][\w.-]*$/
const FIRST = new RegExp(`^[${NAME_START}]$`, 'u')
const LATER = new RegExp(`^[${NAME_REST}]$`, 'u')
/** What would be read as an escape, and how only names of XML itself may begin. */
const READS_OTHERWISE = /_x(?:[0-9a-fA-F]{4,6})?_|^xml/i
const ESCAPE = /_x([0-9a-fA-F]{4,6})_/g
/** An escape of nothing: what the empty key is. */
const EMPTY = '_x_'

/** The name of the element that a key is. */
export function toXmlName(key: string): string {
  if (PLAIN.test(key) && !READS_OTHERWISE.test(key)) return key
  if (key === '') return EMPTY
  let name = ''
  let at = 0
  for (const character of key) {
    const isOfXml = at === 0 && /^xml/i.test(key)
    const isEscape = character === '_' && /^_x(?:[0-9a-fA-F]{4,6})?_/i.test(key.slice(at, at + 9))
    // Readers of the fourth edition know no names beyond the first plane.
    const fits = character.length === 1 && (at === 0 ? FIRST : LATER).test(character)
    name += fits && !isOfXml && !isEscape ? character : escaped(character)
    at += character.length
  }
  return name
}

/** The key that the name of an element stands for. */
export function toKey(name: string): string {
  if (!name.includes('_x')) return name
  if (name === EMPTY) return ''
  return name.replace(ESCAPE, (all, hex: string) => {
    const code = Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : all
  })
}

function escaped(character: string): string {
  return `_x${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}_`
}
