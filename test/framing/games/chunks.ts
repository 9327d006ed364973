import type { Random } from '../../fuzz/random.ts'
import type { Game } from '../games.ts'
import type { Draft } from '../well-formed.ts'
import { otherEnd } from './line.ts'

/** Sizes that a lenient reader takes for that one. */
const SIZES: readonly ((size: string) => string)[] = [
  ...[(size: string) => `0x${size}`, (size: string) => `+${size}`, (size: string) => `-${size}`],
  ...[(size: string) => ` ${size}`, (size: string) => `${size} `, (size: string) => `${size}\t`],
  ...[(size: string) => `\t${size}`, (size: string) => `${size}h`, (size: string) => `${size}.0`],
  ...[(size: string) => `${size}_`, (size: string) => `"${size}"`, (size: string) => `${size},${size}`],
  ...[(size: string) => `1${'0'.repeat(8)}${size}`, (size: string) => `1${'0'.repeat(16)}${size}`],
  ...[(size: string) => `${size}\xa0`, (size: string) => `${'0'.repeat(20)}${size}`],
  ...[(size: string) => `f${'f'.repeat(12)}${size}`, (size: string) => `0X${size}`, (size: string) => `${size}\x00`],
  ...[(size: string) => `\x00${size}`, (size: string) => `${size}\x0b`, () => '', () => 'g', () => '-0', () => '0'],
  ...[() => '00', () => 'fffffffffffffffe', () => '7fffffffffffffff', () => '1fffffffffffff', () => '100000000'],
]

const EXTENSIONS = [
  ...[';', ';;', ';=', ';a=', ';=a', '; a', ' ;a', ';a ', ';a =b', ';a= b', ';a="', ';a="b', ';a="b"c', ';a="b";'],
  ...[';a="\\', ';a=b"c"', ';\n', ';a\nb', ';a="\r\n"', ';a="\n"', ';a=\x00', ';a="\x00"', ';\xe9', ';a="\xe9"'],
  ...[';a="\x7f"', ';a=b=c', ';a,b', '\t;a', ';\ta', `;${'a'.repeat(255)}`, `;${'a'.repeat(256)}`],
  ...[`;a="${'b'.repeat(251)}"`, `;a="${'b'.repeat(253)}"`, ';a="\\\r\n"', ';"a"', ';a="b"=c'],
]

const TRAILERS = [
  ...['Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Host: b\r\n', 'Connection: close\r\n'],
  ...['Trailer: x\r\n', 'a: b\r\n', 'a\r\n', ': b\r\n', 'a : b\r\n', ' a: b\r\n', 'a: b\n', 'a: b\r', 'a: \x00\r\n'],
  ...['a: b\r\n c\r\n', '\n', '\r', 'GET / HTTP/1.1\r\n', 'Content-Length : 5\r\n', 'Content-Length: a\r\n'],
  ...['Upgrade: x\r\n', 'Connection: upgrade\r\n', `a: ${'b'.repeat(2040)}\r\n`, '0\r\n'],
]

/** Where the lines with a chunk's size are. The body of a request without chunks may look as if it had some. */
function sizeLines({ body }: Draft): number[] {
  const found: number[] = []
  for (let i = 0; i < body.length; i++) if (/^[0-9a-f]+(?:;.*)?\r\n$/i.test(body[i] as string)) found.push(i)
  return found
}

function sizeLine(change: (line: string, random: Random) => string): Game {
  return (draft, random) => {
    const found = sizeLines(draft)
    if (found.length === 0) return
    const at = random.pick(found)
    draft.body[at] = change(draft.body[at] as string, random)
  }
}

/** Puts something elsewhere in the body: between a chunk and its end, after the last, before the first. */
function insert(list: readonly string[]): Game {
  return ({ body }, random) => void body.splice(random.int(0, body.length), 0, random.pick(list))
}

/** Games with the chunked coding (RFC 9112 §7.1). */
export const chunkGames: readonly Game[] = [
  sizeLine((line, random) => line.replace(/^[0-9a-f]+/i, (size) => random.pick(SIZES)(size))),
  sizeLine((line, random) => line.replace(/^[0-9a-f]+/i, (size) => random.pick(SIZES)(size))),
  sizeLine((line, random) => line.replace(/\r\n$/, `${random.pick(EXTENSIONS)}\r\n`)),
  sizeLine((line, random) => line.replace(/\r\n$/, `${random.pick(EXTENSIONS)}\r\n`)),
  sizeLine((line, random) =>
    line.replace(/^[0-9a-f]+/i, (size) => (Number.parseInt(size, 16) + random.pick([-1, 1, 2])).toString(16)),
  ),
  sizeLine(otherEnd),
  (draft, random) => {
    const { body } = draft
    if (body.length === 0) return
    const at = random.int(0, body.length - 1)
    body[at] = otherEnd(body[at] as string, random)
  },
  ({ body }, random) => void body.splice(Math.max(body.length - 1, 0), 0, random.pick(TRAILERS)),
  ({ body }, random) => void body.splice(random.int(0, body.length), 1),
  insert(['\r\n', '\n', '\r', ' ', '0', '0\r\n', '0\r\n\r\n', '1\r\n', 'a', '\x00', '5\r\nhello\r\n']),
  (draft, random) => {
    draft.body.push(random.pick(['\r\n', '\n', '\r', '0\r\n\r\n', 'a', ' ', '\x00', '\r\n\r\n']))
  },
]
