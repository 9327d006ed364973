import { type Delivery, type Ending, type Reader, type Reading, type Taken, combined } from './reading.ts'

/**
 * A reader that takes little, and all of that as node's parser does; each fault makes it lax in one way that readers
 * have been attacked by. Nothing of Trestle is in it.
 */
export function plantedReader(fault?: Fault): Reader {
  return async ({ pieces, slow }) => {
    const texts = pieces.map((piece) => piece.toString('latin1'))
    const kept = fault === 'loses LF at a cut' ? texts.map((text) => text.replace(/^\n/, '')) : texts
    const planted = new Planted(kept.join(''), fault)
    const reading = planted.read()
    for (const [index, one] of reading.requests.entries()) {
      if (slow && one.whole === true) one.piece = pieceOf(pieces, planted.ends[index] as number)
    }
    return reading
  }
}

export const FAULTS = [
  ...['size with 0x', 'size with a sign', 'space after a size', 'size of 32 bits', 'size line ends in LF'],
  ...['octets lost of a chunk', 'no trailer section', 'extension over two lines', 'data after a chunk passed over'],
  ...['the first of two lengths', 'the last of two lengths', 'length with a sign', 'length in a list'],
  ...['length as hexadecimal', 'length beside a coding', 'coding beside a length', 'any coding that ends in chunked'],
  ...['other white space around a coding', 'lines end in LF', 'lines end in CR', 'folded fields'],
  ...['space before the colon', 'NUL in a value', 'name with a space', 'goes on after close'],
  ...['closes by part of a word', 'every version is 1.1', 'target with a space', 'other white space trimmed'],
  ...['loses LF at a cut', 'takes body with CONNECT'],
] as const

export type Fault = (typeof FAULTS)[number]

function pieceOf(pieces: Delivery['pieces'], end: number): number {
  let sum = 0
  return pieces.findIndex((piece) => {
    sum += piece.length
    return sum >= end
  })
}

class NotHttp extends Error {}

class More extends Error {}

class Planted {
  readonly #text: string
  readonly #fault: Fault | undefined
  #at = 0
  /** Where each request ends. */
  readonly ends: number[] = []
  readonly #requests: Taken[] = []

  constructor(text: string, fault: Fault | undefined) {
    this.#text = text
    this.#fault = fault
  }

  #has(...faults: readonly Fault[]): boolean {
    return faults.includes(this.#fault as Fault)
  }

  read(): Reading {
    let ending: Ending = { is: 'waits', why: '' }
    try {
      for (let goesOn = true; goesOn && this.#at < this.#text.length; ) goesOn = this.#readRequest()
      if (this.#requests.at(-1)?.goesOn === false) ending = { is: 'closed', why: '' }
    } catch (error) {
      if (error instanceof NotHttp) ending = { is: 'refused', why: 'not HTTP' }
      else if (!(error instanceof More)) throw error
    }
    return { requests: this.#requests, ending, replies: '' }
  }

  /** What the expression matches here. Where it would with more octets, the line is refused all the same. */
  #take(expression: RegExp): RegExpExecArray {
    const sticky = new RegExp(expression.source, `y${expression.flags}`)
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#text)
    if (found === null) throw new NotHttp()
    this.#at += found[0].length
    return found
  }

  #readRequest(): boolean {
    const end = this.#has('lines end in LF') ? '\\r?\\n' : this.#has('lines end in CR') ? '\\r\\n?' : '\\r\\n'
    const target = this.#has('target with a space') ? '/[\\x20-\\x7e]*' : '/[\\x21-\\x7e]*|[a-z0-9.]+:\\d+'
    const [, method = '', path = '', minor] = this.#take(
      new RegExp(`(GET|POST|PUT|DELETE|HEAD|PATCH|CONNECT) (${target}) HTTP/1\\.([01])${end}`),
    )
    if ((method === 'CONNECT') === path.startsWith('/')) throw new NotHttp()
    const lines = this.#readFields(end)
    const one: Taken = {
      method,
      target: path,
      minor: this.#has('every version is 1.1') ? 1 : Number(minor),
      fields: combined(lines),
      body: '',
      whole: false,
      piece: undefined,
      goesOn: true,
      trailer: [],
      refused: undefined,
    }
    const length = this.#lengthOf(lines)
    const connection = valuesOf(lines, 'connection').join()
    const closes = this.#has('closes by part of a word') ? /^close$/i : /close/i
    one.goesOn = this.#has('goes on after close') || (minor === '1' && !closes.test(connection) && method !== 'CONNECT')
    this.#requests.push(one)
    if (method !== 'CONNECT' || this.#has('takes body with CONNECT')) {
      one.body = length === 'chunked' ? this.#readChunks(end) : this.#octets(length)
    }
    one.whole = true
    this.ends.push(this.#at)
    return one.goesOn
  }

  #readFields(end: string): [string, string][] {
    const lines: [string, string][] = []
    const name = this.#has('name with a space') ? '[\\w -]+' : "[\\w!#$%&'*+.^`|~-]+"
    const space = this.#has('space before the colon') ? '[ \\t]*' : ''
    const octet = this.#has('NUL in a value') ? '[\\x00\\t\\x20-\\x7e\\x80-\\xff]' : '[\\t\\x20-\\x7e\\x80-\\xff]'
    const value = this.#has('folded fields') ? `(?:${octet}|\\r\\n[ \\t])*` : `${octet}*`
    const line = new RegExp(`(${name})${space}:(${value})${end}|${end}`)
    for (;;) {
      const [, given, content] = this.#take(line)
      if (given === undefined) return lines
      const isTrimmed = this.#has('other white space trimmed')
      lines.push([given, isTrimmed ? (content as string).trim() : (content as string).replace(/^[ \t]+|[ \t]+$/g, '')])
    }
  }

  #lengthOf(lines: readonly [string, string][]): number | 'chunked' {
    const lengths = valuesOf(lines, 'content-length')
    const coding = valuesOf(lines, 'transfer-encoding')
    const upgrade = valuesOf(lines, 'upgrade')
    if (upgrade.length > 0) throw new NotHttp()
    if (lengths.length > 1) {
      if (this.#has('the first of two lengths')) lengths.splice(1)
      else if (this.#has('the last of two lengths')) lengths.splice(0, lengths.length - 1)
      else throw new NotHttp()
    }
    if (lengths.length > 0 && coding.length > 0) {
      if (this.#has('length beside a coding')) coding.splice(0)
      else if (this.#has('coding beside a length')) lengths.splice(0)
      else throw new NotHttp()
    }
    if (coding.length > 0) {
      const list = this.#has('other white space around a coding') ? coding.join().trim() : coding.join()
      const known = this.#has('any coding that ends in chunked') ? /chunked$/i : /^chunked$/i
      if (known.test(list)) return 'chunked'
      throw new NotHttp()
    }
    if (lengths.length === 0) return 0
    const length = this.#has('length in a list') ? (lengths[0] as string).replace(/,.*/, '') : (lengths[0] as string)
    const digits = this.#has('length with a sign')
      ? /^[+-]?\d{1,15}$/
      : this.#has('length as hexadecimal')
        ? /^\w+$/
        : /^\d{1,15}$/
    if (!digits.test(length)) throw new NotHttp()
    return Math.abs(Number(length)) || 0
  }

  #octets(length: number): string {
    const octets = this.#text.slice(this.#at, this.#at + length)
    if (octets.length < length) throw new More()
    this.#at += length
    return octets
  }

  #readChunks(end: string): string {
    const sign = this.#has('size with 0x') ? '(?:0x)?' : this.#has('size with a sign') ? '[+-]?' : ''
    const digits = this.#has('size of 32 bits') ? '[0-9a-f]{1,20}' : '[0-9a-f]{1,12}'
    const extension = this.#has('extension over two lines') ? '(?:;\\w+(?:="[^"]*")?)?' : '(?:;\\w+)?'
    const after = this.#has('space after a size') ? '[ \\t]*' : ''
    const sizeEnd = this.#has('size line ends in LF') ? '\\r?\\n' : '\\r\\n'
    const sizeLine = new RegExp(`(${sign}${digits})${after}${extension}${sizeEnd}`, 'i')
    let body = ''
    for (;;) {
      const text = (this.#take(sizeLine)[1] as string).replace(/^[+-]|^0x/i, '')
      const size = this.#has('size of 32 bits') ? Number(BigInt(`0x${text}`) % 2n ** 32n) : Number.parseInt(text, 16)
      if (size === 0) break
      const data = this.#octets(size)
      body += this.#has('octets lost of a chunk') ? data.slice(0, 64) : data
      this.#take(this.#has('data after a chunk passed over') ? /[^\r\n]*\r\n/ : /\r\n/)
    }
    if (this.#has('no trailer section')) this.#take(/(?:\r\n)?/)
    else if (this.#readFields(end).some(([name]) => FRAMING.test(name))) throw new NotHttp()
    return body
  }
}

const FRAMING = /^(?:content-length|transfer-encoding|connection|upgrade)$/i

function valuesOf(lines: readonly [string, string][], name: string): string[] {
  return lines.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value)
}
