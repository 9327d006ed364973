import { fromText } from './from-text.ts'
import { Malformed } from './malformed.ts'
import { ANY, type Shape, isList } from './shape.ts'
import { type XmlElement, isBlank, parseXml } from './xml-document.ts'
import { toKey } from './xml-name.ts'

/** Reads text into the value that a schema is asked about. */
export type Parse = (text: string, depth: number) => unknown

/**
 * The reader of XML bodies of one shape. The outermost element may have any name. What the schema wants as a list is one,
 * however many elements there are; text becomes the number or boolean that is asked for.
 */
export function xmlParser(shape: Shape): Parse {
  return (text, depth) => {
    const document = parseXml(text, depth)
    try {
      return toValue(document, shape)
    } catch (error) {
      // Where more levels are allowed than the stack has.
      if (error instanceof RangeError) throw new Malformed('The body nests too deep')
      throw error
    }
  }
}

function toValue(element: XmlElement, shape: Shape): unknown {
  if (element.isNil) return null
  const { children, text } = element
  if (children.length > 0 && !isBlank(text)) {
    throw new Malformed(`The body has text beside elements in <${element.name}>`)
  }
  if (isList(shape)) return children.map((child) => toValue(child, shape.items as Shape))
  const { kinds } = shape.kind
  const isObject = shape.fields !== undefined || shape.rest !== undefined
  if (children.length > 0 || (isObject && !kinds.has('text') && isBlank(text))) return objectOf(element, shape)
  return kinds.has('text') || kinds.has('other') ? text : fromText(shape.kind)(trimmed(text))
}

/** Blanks around a number or a word say nothing (XML Schema 1.0, part 2, §4.3.6). */
function trimmed(text: string): string {
  return text.replace(/^[ \t\n]+/, '').replace(/(?<![ \t\n])[ \t\n]+$/, '')
}

function objectOf({ children }: XmlElement, shape: Shape): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const child of children) {
    const key = toKey(child.name)
    if (key === '__proto__') throw new Malformed('The key "__proto__" is not taken')
    const own = shape.fields?.get(key)?.shape ?? shape.rest ?? ANY
    const isKnown = Object.hasOwn(object, key)
    if (takesList(own)) {
      if (child.isNil && !isKnown && own.kind.kinds.has('null')) object[key] = null
      else if (Array.isArray(object[key])) object[key].push(toValue(child, own.items as Shape))
      else object[key] = [toValue(child, own.items as Shape)]
    } else if (!isKnown) object[key] = toValue(child, own)
    // More than one where one is expected: the schema says so.
    else if (Array.isArray(object[key])) object[key].push(toValue(child, own))
    else object[key] = [object[key], toValue(child, own)]
  }
  for (const [name, { absent }] of shape.fields ?? []) {
    if (absent !== undefined && !Object.hasOwn(object, name)) object[name] = absent === 'list' ? [] : null
  }
  return object
}

/** Of a field that may be a list or something else, repeated elements are the list. */
function takesList({ items }: Shape): boolean {
  return items !== undefined
}
