import { toXmlName } from './xml-name.ts'

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
const XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
const NIL = ' xsi:nil="true"'

/** What an item of a list is called where no field names it. */
export const XML_ITEM = 'item'

/** Writes a value as a document whose outermost element has that name. */
export function writeXml(root: string, value: unknown): string {
  const body = element(root, value, '')
  // Only who has a nil needs the namespace.
  const marked = body.includes(NIL) ? body.replace(`<${root}`, `<${root}${XSI}`) : body
  return HEAD + (marked === '' ? `<${root}/>` : marked)
}

/** The parts of a list that is written item by item: its begin, one item, its end. */
export const XML_ROWS: { readonly begin: string; readonly row: (value: unknown) => string; readonly end: string } = {
  begin: `${HEAD}<items${XSI}>`,
  row: (value) => element(XML_ITEM, value, ''),
  end: '</items>',
}

/** One element, or one for each item of a list; nothing for what JSON has no form for. */
function element(name: string, given: unknown, key: string): string {
  const value = plain(given, key)
  switch (typeof value) {
    case 'string':
      return tag(name, escapeText(value))
    case 'number':
      return Number.isFinite(value) ? `<${name}>${value}</${name}>` : `<${name}${NIL}/>`
    case 'boolean':
    case 'bigint':
      return `<${name}>${value}</${name}>`
    case 'object':
      if (value === null) return `<${name}${NIL}/>`
      return tag(name, content(value))
    default:
      return ''
  }
}

function tag(name: string, text: string): string {
  return text === '' ? `<${name}/>` : `<${name}>${text}</${name}>`
}

/** What stands in an element: the fields of an object, the items of a list. */
function content(value: object): string {
  let text = ''
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) text += item(XML_ITEM, value[i], i)
    return text
  }
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key]
    const name = toXmlName(key)
    if (!Array.isArray(field)) text += element(name, field, key)
    else for (let i = 0; i < field.length; i++) text += item(name, field[i], i)
  }
  return text
}

/** A list has no holes: what has no form is null, as in JSON. */
function item(name: string, value: unknown, index: number): string {
  return element(name, value, String(index)) || `<${name}${NIL}/>`
}

/** What JSON would send in its place. */
function plain(value: unknown, key: string): unknown {
  if (value !== null && typeof value === 'object' && typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return (value as { toJSON: (key: string) => unknown }).toJSON(key)
  }
  return value
}

const SPECIAL = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]/
/** What needs another form, and what no document can hold (XML 1.0 §2.2): half a surrogate pair among it. */
const SPECIALS = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu

const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

function escapeText(text: string): string {
  return SPECIAL.test(text) ? text.replace(SPECIALS, (one) => REFERENCES[one] ?? '\ufffd') : text
}
