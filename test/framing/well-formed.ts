import type { Random } from '../fuzz/random.ts'

/** A request as its sender puts it together: lines with their ends, so that each can be changed. An octet a character. */
export interface Draft {
  line: string
  fields: string[]
  /** What ends the header section. */
  end: string
  body: string[]
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY'] as const

const ODD_METHODS = [
  'M-SEARCH',
  'PURGE',
  'TRACE',
  'SOURCE',
  'UNLINK',
  'COPY',
  'REPORT',
  'BREW',
  'X',
  'get',
  'CONNECT',
  'CONNECT',
]

const TARGETS = ['/', '/a', '/a/b?c=d', '/%61?%20=%zz', '/a;b=c,d', '/?', '/a?b?c', '/~a/{b}|"<>`^']

const HOSTS = ['a', 'api.test', 'api.test:8080', '[::1]:80', '127.0.0.1', '', 'a:', 'x_y.test']

const NAMES = [
  'accept',
  'Accept-Encoding',
  'X',
  'x-a',
  'COOKIE',
  'Cookie',
  'TE',
  'Trailer',
  "!#$%&'*+-.^_`|~0",
  'Keep-Alive',
]

const VALUES = [
  'a',
  'b, c',
  '',
  'text/html;q=0.9, */*',
  'a=b',
  '"quoted, \\" string"',
  '\xe9\xff',
  'a\tb',
  '0',
  'x'.repeat(90),
]

const SPACES = [' ', ' ', ' ', ' ', '', '  ', '\t', ' \t ']

const AFTER = ['', '', '', '', ' ', '\t', '  ']

const EXTENSIONS = [';a', ';a=b', ';a="b c"', ';a="b\\"c\xff"', ';a;b=c', ';!=~', ';a=""', `;${'x'.repeat(250)}`]

/** A request that is right in every way. */
export function wellFormed(random: Random): Draft {
  const isOdd = random.chance(0.06)
  const method = isOdd ? random.pick(ODD_METHODS) : random.pick(METHODS)
  const minor = random.chance(0.1) ? 0 : 1
  const draft: Draft = {
    line: `${method} ${targetOf(method, random)} HTTP/1.${minor}\r\n`,
    fields: [],
    end: '\r\n',
    body: [],
  }
  const { fields } = draft
  if (minor === 1 || random.chance(0.7)) fields.push(field('Host', random.pick(HOSTS), random))
  const most = random.chance(0.03) ? 22 : random.chance(0.5) ? 1 : 5
  for (let left = random.int(0, most); left > 0; left--) {
    fields.push(field(random.pick(NAMES), random.pick(VALUES), random))
  }
  if (random.chance(0.1)) fields.push(field('Connection', random.pick(CONNECTIONS), random))
  if (random.chance(0.03)) fields.push(field('Upgrade', 'websocket', random), field('Connection', 'upgrade', random))
  if (random.chance(0.04)) fields.push(field('Expect', '100-continue', random))
  const way = random.next()
  if (way < 0.35) addLength(draft, random)
  else if (way < 0.7 && minor === 1) addChunks(draft, random)
  if (random.chance(0.3)) shuffle(fields, random)
  return draft
}

const CONNECTIONS = [
  'close',
  'keep-alive',
  'Keep-Alive',
  'TE',
  'x, close',
  'close, keep-alive',
  'upgrade',
  ',keep-alive ,',
]

function targetOf(method: string, random: Random): string {
  if (method === 'CONNECT') return random.pick(['a:80', 'api.test:443', '127.0.0.1:1'])
  if (method === 'OPTIONS' && random.chance(0.3)) return '*'
  const target = random.pick(TARGETS)
  return random.chance(0.06) ? random.pick(['http://a', 'HTTP://api.test:80', 'https://[::1]']) + target : target
}

export function field(name: string, value: string, random: Random): string {
  return `${anyCase(name, random)}:${random.pick(SPACES)}${value}${random.pick(AFTER)}\r\n`
}

/** A name, its letters now and then in another case. */
function anyCase(name: string, random: Random): string {
  const way = random.next()
  return way < 0.6 ? name : way < 0.8 ? name.toLowerCase() : way < 0.9 ? name.toUpperCase() : name
}

function addLength(draft: Draft, random: Random): void {
  const body = content(random)
  draft.fields.push(field('Content-Length', String(body.length), random))
  draft.body.push(body)
}

function addChunks(draft: Draft, random: Random): void {
  // Without white space after it, of which node's parser takes spaces alone.
  draft.fields.push(`${anyCase('Transfer-Encoding', random)}: ${random.chance(0.8) ? 'chunked' : 'Chunked'}\r\n`)
  for (let left = random.int(0, 3); left > 0; left--) {
    const data = content(random) || 'x'
    draft.body.push(sizeLine(data.length, random), data, '\r\n')
  }
  draft.body.push(sizeLine(0, random))
  if (random.chance(0.2)) draft.body.push(field(random.pick(NAMES), random.pick(VALUES), random))
  draft.body.push('\r\n')
}

function sizeLine(size: number, random: Random): string {
  const digits = random.chance(0.3) ? size.toString(16).toUpperCase() : size.toString(16)
  const zeros = random.chance(0.1) ? '0'.repeat(random.int(1, 8)) : ''
  return `${zeros}${digits}${random.chance(0.15) ? random.pick(EXTENSIONS) : ''}\r\n`
}

/** What a body, or a chunk, holds: also what looks like framing. */
function content(random: Random): string {
  const way = random.next()
  if (way < 0.1) return ''
  if (way < 0.6) return 'abcdefghijklmnopqrstuvwxyz'.slice(0, random.int(1, 26))
  if (way < 0.7) return '0\r\n\r\n'
  if (way < 0.8) return 'GET /b HTTP/1.1\r\nHost: a\r\n\r\n'
  if (way < 0.9) return '{"a":"\xc3\xa9\\u00e9"}'
  if (way < 0.9994) return '\x00\xff\r\n'.repeat(random.int(1, 20))
  // Past what is held of a body, and past what one read gives.
  return 'large '.repeat(random.int(9_000, 25_000))
}

function shuffle(list: string[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.int(0, i)
    ;[list[i], list[j]] = [list[j] as string, list[i] as string]
  }
}
