import { createRequire } from 'node:module'
import { type Delivery, type Ending, type Reading, type Taken, combined } from './reading.ts'

/** Node's own parser, as node:http drives it: nothing public leads to it. */
interface Parser {
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number, timeouts?: undefined): void
  execute(octets: Buffer): number | ParserError
  [callback: number]: unknown
}

interface ParserError extends Error {
  readonly code: string
  readonly reason: string
}

interface ParserClass {
  new (): Parser
  readonly REQUEST: number
  readonly kOnHeaders: number
  readonly kOnHeadersComplete: number
  readonly kOnBody: number
  readonly kOnMessageComplete: number
  readonly kLenientNone: number
}

interface Internals {
  readonly HTTPParser: ParserClass
  readonly methods: readonly string[]
}

const { HTTPParser, methods } = createRequire(import.meta.url)('_http_common') as Internals

/** Methods that node's parser knows; it refuses all others. */
export const NODE_METHODS: ReadonlySet<string> = new Set(methods)

/** The parser tells of a method by a number of which there is no public list. */
const METHOD_NAMES: ReadonlyMap<number, string> = new Map(methods.map((name) => [numberOf(name), name]))

function numberOf(method: string): number {
  let number = -1
  const parser = new HTTPParser()
  parser[HTTPParser.kOnHeadersComplete | 0] = (
    _major: number,
    _minor: number,
    _lines: unknown,
    given: number,
  ): number => {
    number = given
    return 0
  }
  parser.initialize(HTTPParser.REQUEST, {}, 0, HTTPParser.kLenientNone, undefined)
  parser.execute(Buffer.from(`${method} ${method === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\nHost: a\r\n\r\n`))
  return number
}

/** Octets of a header section: more than the engine takes. Limits are not what is compared. */
const MOST_HEADERS = 1_000_000

/** Reads requests with node's parser, none of its lenient flags set. */
export class NodeParser {
  readonly #parser: Parser = new HTTPParser()
  #requests: Taken[] = []
  #open: Taken | undefined = undefined
  #lines: string[] = []
  #target = ''
  #piece = 0
  #isTunnel = false
  #isUpgrade = false

  constructor() {
    const parser = this.#parser
    parser[HTTPParser.kOnHeaders | 0] = (lines: string[], target: string): void => {
      if (this.#open !== undefined) {
        this.#open.trailer = combined(pairs(lines)).map(([name]) => name)
        return
      }
      this.#lines.push(...lines)
      this.#target += target
    }
    parser[HTTPParser.kOnHeadersComplete | 0] = this.#headComplete.bind(this)
    parser[HTTPParser.kOnBody | 0] = (octets: Buffer): void => {
      const open = this.#open as Taken
      open.body += octets.toString('latin1')
    }
    parser[HTTPParser.kOnMessageComplete | 0] = (): void => {
      const open = this.#open as Taken
      open.whole = true
      open.piece = this.#piece
      this.#open = undefined
    }
  }

  #headComplete(
    major: number,
    minor: number,
    lines: string[] | undefined,
    method: number,
    target: string | undefined,
    _status: unknown,
    _phrase: unknown,
    isUpgrade: boolean,
    keepAlive: boolean,
  ): number {
    const name = METHOD_NAMES.get(method) ?? `method ${method}`
    const request: Taken = {
      method: name,
      target: target ?? this.#target,
      // It takes HTTP/0.9, which nobody here does.
      minor: major === 1 ? minor : -1,
      fields: combined(pairs(lines ?? this.#lines)),
      body: '',
      whole: false,
      piece: undefined,
      goesOn: keepAlive,
      trailer: [],
      refused: undefined,
    }
    this.#requests.push(request)
    this.#open = request
    this.#lines = []
    this.#target = ''
    this.#isTunnel = name === 'CONNECT'
    this.#isUpgrade = isUpgrade
    return 0
  }

  read({ pieces }: Pick<Delivery, 'pieces'>): Reading {
    this.#requests = []
    this.#open = undefined
    this.#lines = []
    this.#target = ''
    this.#isTunnel = false
    this.#begin()
    let ending: Ending = { is: 'waits', why: '' }
    for (this.#piece = 0; this.#piece < pieces.length && ending.is === 'waits'; this.#piece++) {
      ending = this.#readPiece(pieces[this.#piece] as Buffer)
    }
    return { requests: this.#requests, ending, replies: '' }
  }

  #begin(): void {
    this.#isUpgrade = false
    this.#parser.initialize(HTTPParser.REQUEST, {}, MOST_HEADERS, HTTPParser.kLenientNone, undefined)
  }

  #readPiece(piece: Buffer): Ending {
    for (let rest = piece; rest.length > 0; ) {
      const read = this.#parser.execute(rest)
      if (typeof read !== 'number') {
        if (read.code === 'HPE_CLOSED_CONNECTION') return { is: 'closed', why: read.code }
        return { is: 'refused', why: read.code ?? String(read) }
      }
      if (this.#isTunnel && this.#open === undefined) return { is: 'tunnel', why: 'CONNECT' }
      // It stops after a request that asks for another protocol. Who does not speak that reads on in this one.
      const stops = this.#isUpgrade && this.#open === undefined && this.#requests.at(-1)?.goesOn === true
      if (stops) this.#begin()
      else if (read < rest.length) return { is: 'closed', why: 'it reads no further' }
      rest = rest.subarray(read)
    }
    return { is: 'waits', why: '' }
  }
}

function* pairs(lines: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i < lines.length; i += 2) yield [lines[i] as string, lines[i + 1] as string]
}
