import type { Random } from '../../fuzz/random.ts'
import type { Game } from '../games.ts'
import { field } from '../well-formed.ts'
import { otherEnd } from './line.ts'

/** Lengths that a lenient reader takes for a number, and for which. `n` is what the body has. */
const LENGTHS: readonly ((n: number) => string)[] = [
  ...[(n: number) => `${n + 1}`, (n: number) => `${n - 1}`, (n: number) => `+${n}`, (n: number) => `-${n}`],
  ...[(n: number) => `0${n}`, (n: number) => `0x${n.toString(16)}`, (n: number) => `${n}.0`, (n: number) => `${n}e0`],
  ...[(n: number) => `${n},${n}`, (n: number) => `${n}, ${n}`, (n: number) => `${n}, ${n + 1}`, (n: number) => `${n},`],
  ...[(n: number) => `,${n}`, (n: number) => `${n};`, (n: number) => `${n} ${n}`, (n: number) => `${n}\xa0`],
  ...[(n: number) => `\xa0${n}`, (n: number) => `"${n}"`, (n: number) => `${n}\x00`, (n: number) => `${n}\x0b`],
  ...[(n: number) => `${2 ** 32 + n}`, (n: number) => `${2n ** 64n + BigInt(n)}`, () => `${Number.MAX_SAFE_INTEGER}`],
  ...[() => `${2n ** 53n}`, () => `${2n ** 63n}`, () => `${2n ** 64n}`, (n: number) => `0${'0'.repeat(40)}${n}`],
  ...[() => '', () => '0', () => 'a', (n: number) => `${n}a`, (n: number) => `\x0c${n}`, (n: number) => `${n}_0`],
  ...[() => '\xb2', () => '\xd9\xa5', () => '-0', () => '00', () => '1 0', () => '0b11', () => '0o7'],
  ...[() => 'Infinity', () => '1e1'],
]

const CODINGS = [
  ...['chunked', 'chunked, chunked', 'gzip, chunked', 'chunked, gzip', 'gzip', 'identity', 'identity, chunked'],
  ...['xchunked', 'chunkedx', 'chunke', 'chunked;', 'chunked;q=1', '"chunked"', 'chunked,', ',chunked', ', chunked ,'],
  ...['chunked\x00', '', '\x0bchunked', 'chunked\x0b', 'chunked\xa0', '\xa0chunked', 'chunked\x85', 'chun ked'],
  ...['chunked chunked', 'CHUNKED', 'c\xe8unked', 'chunked\t', '\tchunked', 'chunked ;a', 'x,chunked', 'chunked\x0c'],
  ...["'chunked'", 'chunked, identity', '\x1fchunked'],
]

const CONNECTIONS = [
  ...['close', 'CLOSE', 'close,', ',close', 'close, x', 'x, close', 'x,close', 'close;x', 'close x', 'x close'],
  ...['closed', 'clos', 'close\xa0', '\xa0close', 'close\t', 'x,\tclose', '"close"', 'keep-alive'],
  ...['keep-alive, close', 'close, keep-alive', 'close\x0b', 'keep-alive\xa0', '\xa0keep-alive', 'keep-alive;'],
  ...['x,keep-alive', 'keep-alive,x', 'keep-alive x', 'keep-alivex', 'Keep-Alive', 'upgrade', 'upgrade, close'],
  ...['upgrade\xa0', 'content-length', 'transfer-encoding', 'host', '', ',', 'keep-alive,\tkeep-alive'],
]

const HOSTS = [
  '',
  'a, b',
  'a b',
  'a/b',
  'a@b',
  'a:99999',
  'a:b',
  '[::1',
  'a#b',
  'a?b',
  'a\xe9',
  '%61',
  'a\\b',
  '[a]',
  'a:80:80',
  ':80',
  'a\x00',
]

const EXPECTS = [
  '100-continue',
  '100-Continue',
  '100-continue, 100-continue',
  '200-ok',
  '',
  '100-continue ',
  '100-continue;x',
]

const OTHERS = [
  'chunked',
  'a',
  '5',
  '0',
  'x'.repeat(1990),
  '\x00',
  '\x01',
  '\x7f',
  '\xa0',
  '\x0b',
  '\x1b[0m',
  '\x85',
  'a\rb',
  'a\nb',
  'a\r\n b',
  '\r',
]

/** Names that a lenient reader takes for the one. */
const NAMES: readonly ((name: string) => string)[] = [
  ...[(name: string) => `${name} `, (name: string) => `${name}\t`, (name: string) => ` ${name}`],
  ...[(name: string) => `\t${name}`, (name: string) => name.replace('-', '_'), (name: string) => `${name}\x00`],
  ...[(name: string) => `\x00${name}`, (name: string) => `${name}:`, (name: string) => `${name}\x0b`],
  ...[(name: string) => `${name}\xa0`, (name: string) => `"${name}"`, (name: string) => name.slice(0, -1)],
  ...[(name: string) => `${name}x`, (name: string) => `x-${name}`, (name: string) => name.replace('-', '\r\n -')],
  ...[() => '', (name: string) => name.replace('-', ' '), (name: string) => name.replace(/[ck]/, '\u00e7')],
  ...[(name: string) => `\r${name}`],
]

function add(name: string, values: readonly string[]): Game {
  return ({ fields }, random) =>
    void fields.splice(random.int(0, fields.length), 0, field(name, random.pick(values), random))
}

/** Puts a value in place of that of the field, if there is one. */
function change(name: string, value: (random: Random) => string): Game {
  return ({ fields }, random) => {
    const at = fields.findIndex((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    if (at !== -1) fields[at] = field(name, value(random), random)
  }
}

function length(draft: { readonly body: readonly string[] }, random: Random): string {
  return random.pick(LENGTHS)(draft.body.join('').length)
}

/** Changes one of the lines. */
function line(change: (line: string, random: Random) => string): Game {
  return ({ fields }, random) => {
    if (fields.length === 0) return
    const at = random.int(0, fields.length - 1)
    fields[at] = change(fields[at] as string, random)
  }
}

/** Games with fields (RFC 9112 §5), first of all those that say how long the body is (§6) and what becomes of the connection. */
export const fieldGames: readonly Game[] = [
  (draft, random) => change('Content-Length', () => length(draft, random))(draft, random),
  (draft, random) => add('Content-Length', [length(draft, random)])(draft, random),
  (draft, random) => add('Content-Length', [String(draft.body.join('').length)])(draft, random),
  change('Transfer-Encoding', (random) => random.pick(CODINGS)),
  add('Transfer-Encoding', CODINGS),
  change('Connection', (random) => random.pick(CONNECTIONS)),
  add('Connection', CONNECTIONS),
  change('Host', (random) => random.pick(HOSTS)),
  add('Host', ['a', ...HOSTS]),
  add('Expect', EXPECTS),
  add('Upgrade', ['websocket', 'h2c', '']),
  add('X', OTHERS),
  change('Accept', (random) => random.pick(OTHERS)),
  ({ fields }, random) => void fields.splice(random.int(0, fields.length), 1),
  ({ fields }, random) => {
    const doubled = fields[random.int(0, fields.length - 1)]
    if (doubled !== undefined) fields.splice(random.int(0, fields.length), 0, doubled)
  },
  line(otherEnd),
  line(otherEnd),
  line(
    (text, random) => random.pick(NAMES)(text.slice(0, Math.max(text.indexOf(':'), 0))) + text.slice(text.indexOf(':')),
  ),
  line(
    (text, random) => random.pick(NAMES)(text.slice(0, Math.max(text.indexOf(':'), 0))) + text.slice(text.indexOf(':')),
  ),
  line((text) => text.replace(':', '')),
  line((text) => `${text.slice(0, 12)}\r\n ${text.slice(12)}`),
  ({ fields }, random) => void fields.push(...Array.from({ length: random.int(20, 30) }, (_, i) => `x-${i}: ${i}\r\n`)),
  (draft, random) => {
    draft.end = random.pick([
      '\n',
      '\r',
      '\r\r\n',
      '\n\r\n',
      ' \r\n',
      '\r\n\r\n',
      '',
      '\t\r\n',
      '\x00',
      '\r\n\n',
      '\r\n\r',
    ])
  },
]
