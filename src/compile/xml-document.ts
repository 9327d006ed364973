import { Malformed } from './malformed.ts'
import { NAME_REST, NAME_START } from './xml-name.ts'

/** An element, read. */
export interface XmlElement {
  /** Its name without a namespace prefix. */
  readonly name: string
  /** What it says between its elements, references resolved. */
  text: string
  readonly children: XmlElement[]
  /** It says `xsi:nil="true"` (XML Schema 1.0 §2.6.2). */
  readonly isNil: boolean
}

const XSI = 'http://www.w3.org/2001/XMLSchema-instance'

/** What a document may consist of (XML 1.0 §2.2). */
const NO_CHARACTER = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u
const MAYBE_NO_CHARACTER = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/
const NAME = new RegExp(`[:${NAME_START}][:${NAME_REST}]*`, 'uy')
const DECLARATION =
  /^<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.\d"|'1\.\d')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"([A-Za-z0-9._-]+)"|'([A-Za-z0-9._-]+)'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/
const REFERENCE = /&(?:#x([0-9a-fA-F]{1,6});|#([0-9]{1,7});|(lt|gt|amp|quot|apos);)?/g
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Reads a document (XML 1.0) for untrusted input, as far as data needs: elements, text, CDATA, comments. A DOCTYPE,
 * and with it entities of one's own, and processing instructions are refused, as are attributes other than those of
 * namespaces and of XML Schema: what they say would be lost. Time and memory grow with the text alone.
 *
 * @throws {Malformed} saying what is wrong, and where.
 */
export function parseXml(given: string, depth: number): XmlElement {
  const plain = given.startsWith('\ufeff') ? given.slice(1) : given
  // Line ends are one character (§2.11).
  return new Reader(plain.includes('\r') ? plain.replace(/\r\n?/g, '\n') : plain, depth).read()
}

interface Open {
  readonly element: XmlElement
  /** As its tag has it, prefix included. */
  readonly tag: string
  readonly scope: Scope | undefined
}

/** Namespaces by their prefixes. It leads outward: copied, many in one element would cost each of those inside. */
interface Scope {
  readonly own: ReadonlyMap<string, string>
  readonly around: Scope | undefined
}

type Attributes = ReadonlyMap<string, string>

const NONE: Attributes = new Map()

class Reader {
  readonly #text: string
  readonly #depth: number
  readonly #open: Open[] = []
  #root: XmlElement | undefined = undefined
  #at = 0

  constructor(text: string, depth: number) {
    this.#text = text
    this.#depth = depth
  }

  read(): XmlElement {
    const text = this.#text
    if (text.trim() === '') throw new Malformed('The body is empty')
    const odd = MAYBE_NO_CHARACTER.test(text) ? NO_CHARACTER.exec(text) : null
    if (odd !== null) throw this.#fault('a character that XML has not', odd.index)
    this.#declaration()
    while (this.#at < text.length) {
      if (text.charCodeAt(this.#at) !== 0x3c) this.#characters()
      else this.#markup(text.charCodeAt(this.#at + 1))
    }
    const unclosed = this.#open.at(-1)
    if (unclosed !== undefined) throw this.#fault(`the end, and <${unclosed.tag}> is still open`)
    if (this.#root === undefined) throw this.#fault('the end, and no element')
    return this.#root
  }

  /** What begins with "<" and the character given. */
  #markup(second: number): void {
    if (second === 0x2f) this.#endTag()
    else if (second === 0x3f) throw this.#fault('a processing instruction, which is not taken')
    else if (second !== 0x21) this.#startTag()
    else if (this.#text.startsWith('<!--', this.#at)) this.#comment()
    else if (this.#text.startsWith('<![CDATA[', this.#at)) this.#cdata()
    else throw this.#fault('a DOCTYPE or declaration, which is not taken')
  }

  #declaration(): void {
    if (!/^<\?xml[ \t\n]/.test(this.#text)) return
    const found = DECLARATION.exec(this.#text)
    if (found === null) throw this.#fault('an XML declaration that cannot be read')
    const encoding = found[1] ?? found[2]
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) throw this.#fault('another encoding than UTF-8')
    this.#at = found[0].length
  }

  /** Text up to the next tag. */
  #characters(): void {
    const next = this.#text.indexOf('<', this.#at)
    const end = next === -1 ? this.#text.length : next
    const raw = this.#text.slice(this.#at, end)
    const wrong = raw.indexOf(']]>')
    if (wrong !== -1) throw this.#fault('"]]>" outside of CDATA', this.#at + wrong)
    const { element } = this.#open.at(-1) ?? {}
    if (element !== undefined) element.text += this.#resolved(raw)
    else if (!isBlank(raw)) throw this.#fault('text outside of the element')
    this.#at = end
  }

  #cdata(): void {
    const end = this.#text.indexOf(']]>', this.#at)
    if (end === -1) throw this.#fault('CDATA that does not end')
    const { element } = this.#open.at(-1) ?? {}
    if (element === undefined) throw this.#fault('text outside of the element')
    element.text += this.#text.slice(this.#at + 9, end)
    this.#at = end + 3
  }

  #comment(): void {
    const end = this.#text.indexOf('--', this.#at + 4)
    if (end === -1 || this.#text[end + 2] !== '>') throw this.#fault('a comment that does not end well')
    this.#at = end + 3
  }

  #endTag(): void {
    this.#at += 2
    const name = this.#name()
    this.#blanks()
    if (this.#text[this.#at] !== '>') throw this.#fault('an end tag that does not end')
    this.#at += 1
    const closed = this.#open.pop()
    if (closed?.tag !== name) {
      throw this.#fault(
        closed === undefined ? `</${name}> without its begin` : `</${name}> where <${closed.tag}> is open`,
      )
    }
  }

  #startTag(): void {
    this.#at += 1
    const tag = this.#name()
    if (this.#root !== undefined && this.#open.length === 0) throw this.#fault(`a second element, <${tag}>`)
    if (this.#open.length >= this.#depth) throw new Malformed(`The body nests deeper than ${this.#depth} levels`)
    const attributes = this.#attributes(tag)
    const around = this.#open.at(-1)
    const scope = scopeOf(attributes, around?.scope)
    const isNil = this.#isNil(tag, attributes, scope)
    const element: XmlElement = { name: this.#local(tag, scope), text: '', children: [], isNil }
    if (around === undefined) this.#root = element
    else around.element.children.push(element)
    if (this.#text.startsWith('/>', this.#at)) this.#at += 2
    else {
      this.#at += 1
      this.#open.push({ element, tag, scope })
    }
  }

  /** Up to the `>` or `/>` of the tag. */
  #attributes(tag: string): Attributes {
    let attributes: Map<string, string> | undefined
    for (;;) {
      const before = this.#at
      this.#blanks()
      if (this.#text[this.#at] === '>' || this.#text.startsWith('/>', this.#at)) return attributes ?? NONE
      if (this.#at === before) throw this.#fault(`a tag <${tag}> that does not end`)
      const name = this.#name()
      this.#blanks()
      if (this.#text[this.#at] !== '=') throw this.#fault(`an attribute "${name}" without a value`)
      this.#at += 1
      this.#blanks()
      const quote = this.#text[this.#at]
      const end = quote === '"' || quote === "'" ? this.#text.indexOf(quote, this.#at + 1) : -1
      if (end === -1) throw this.#fault(`an attribute "${name}" without a value in quotes`)
      const raw = this.#text.slice(this.#at + 1, end)
      if (raw.includes('<')) throw this.#fault(`"<" in the attribute "${name}"`)
      attributes ??= new Map()
      if (attributes.has(name)) throw this.#fault(`the attribute "${name}" twice`)
      attributes.set(name, this.#resolved(raw))
      this.#at = end + 1
    }
  }

  #isNil(tag: string, attributes: Attributes, scope: Scope | undefined): boolean {
    let isNil = false
    for (const [name, value] of attributes) {
      if (name === 'xmlns' || name.startsWith('xmlns:') || name.startsWith('xml:')) continue
      const local = this.#local(name, scope)
      const space = local === name ? undefined : spaceOf(name.slice(0, -local.length - 1), scope)
      if (space !== XSI) throw this.#fault(`the attribute "${name}" of <${tag}>: send what it says as an element`)
      if (local === 'nil') isNil = value.trim() === 'true' || value.trim() === '1'
    }
    return isNil
  }

  /** A name without its prefix. One that is not declared could mean anything. */
  #local(name: string, scope: Scope | undefined): string {
    const colon = name.indexOf(':')
    if (colon === -1) return name
    const local = name.slice(colon + 1)
    if (colon === 0 || local === '' || local.includes(':')) throw this.#fault(`"${name}", which is no name`)
    if (spaceOf(name.slice(0, colon), scope) === undefined)
      throw this.#fault(`the prefix of "${name}", which is not declared`)
    return local
  }

  #resolved(raw: string): string {
    if (!raw.includes('&')) return raw
    return raw.replace(REFERENCE, (_, hex?: string, decimal?: string, entity?: string) => {
      if (entity !== undefined) return ENTITIES[entity] as string
      const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16)
      const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\0'
      if (!NO_CHARACTER.test(character)) return character
      throw this.#fault('an "&" that begins none of the five entities and no character reference')
    })
  }

  #name(): string {
    // Nearly all names are ASCII, and the expression takes ten times as long.
    let end = this.#at
    while (isPlainName(this.#text.charCodeAt(end), end === this.#at)) end++
    if (end > this.#at && !(this.#text.charCodeAt(end) > 0x7f)) {
      const name = this.#text.slice(this.#at, end)
      this.#at = end
      return name
    }
    NAME.lastIndex = this.#at
    const found = NAME.exec(this.#text)
    if (found === null) throw this.#fault('"<" or a blank without a name behind it')
    this.#at = NAME.lastIndex
    return found[0]
  }

  #blanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x09) return
      this.#at++
    }
  }

  #fault(what: string, at = this.#at): Malformed {
    return new Malformed(`The body is not XML that is taken here: ${what}, at position ${at}`)
  }
}

/** True for what a name in ASCII consists of. */
function isPlainName(code: number, isFirst: boolean): boolean {
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || code === 0x3a) return true
  return !isFirst && ((code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e)
}

/** True for text that only sets elements apart. */
export function isBlank(text: string): boolean {
  return !/[^ \t\n]/.test(text)
}

function scopeOf(attributes: Attributes, around: Scope | undefined): Scope | undefined {
  let own: Map<string, string> | undefined
  for (const [name, value] of attributes) {
    if (!name.startsWith('xmlns:')) continue
    own ??= new Map()
    own.set(name.slice(6), value)
  }
  return own === undefined ? around : { own, around }
}

function spaceOf(prefix: string, scope: Scope | undefined): string | undefined {
  for (let one = scope; one !== undefined; one = one.around) {
    const space = one.own.get(prefix)
    if (space !== undefined) return space
  }
  return undefined
}
