import type { Random } from '../../fuzz/random.ts'
import type { Game } from '../games.ts'

/** What stands where `HTTP/1.1` belongs. */
const VERSIONS = [
  ...['HTTP/1.0', 'HTTP/1.2', 'HTTP/1.9', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/3', 'HTTP/11', 'HTTP/1.10', 'HTTP/01.1'],
  ...['HTTP/1.', 'http/1.1', 'HTTP 1.1', 'HTTP/1,1', 'HTTPS/1.1', 'HTTQ/1.1', 'ICE/1.0', 'RTSP/1.0', 'HTTP/1.1 '],
  ...[' HTTP/1.1', 'HTTP/1.1\t', ''],
]

const TARGETS = [
  ...['*', 'a', 'a:80', '/\xe9', '/\x00', '/\x7f', '/a b', '/a\tb', '/a#b', '/a?b#c', '//a', '/..', '\\', '?', '#'],
  ...['', ' /', '/\x0b', 'http://', 'http:///a', 'http://a:b@c/', 'http://a:99999/', 'http://a/..', 'ftp://a/'],
  ...['x:/a', 'http:/a', 'http://a b/', '1:/', 'http://a#b', 'http://a?b', 'HTTP://%61/', 'http://[::1/'],
  ...['http://[a]', 'javascript:1', '/[', '/:', '@/', 'a/b', '-/a', 'a-b://c'],
  ...['http://a@b@c/', 'http://a:', '/'.padEnd(8192, 'a'), '/'.padEnd(8193, 'a')],
]

const METHODS = [
  ...['get', 'GeT', 'GET\t', ' GET', 'G ET', 'GE', 'GETX', 'PRI', 'POST\x00', 'DESCRIBE', 'SETUP', 'FLUSH', ''],
  ...['HTTP/1.1', '"GET"'],
  ...['CONNECT', 'SOURCE', 'M-SEARC', 'A'.repeat(32), 'A'.repeat(33), 'ANNOUNCE', 'OPTION', 'PURGE', 'QUER', 'G\xc9T'],
]

const BEFORE = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\r\n ',
  '\t\r\n',
  '\x00',
  '\n\r\n',
  '\r\r\n',
  '\xef\xbb\xbf',
  '\r\n\n',
]

function change(part: 0 | 1 | 2, list: readonly string[]): Game {
  return (draft, random) => {
    const end = draft.line.endsWith('\r\n') ? '\r\n' : ''
    const parts = draft.line.slice(0, draft.line.length - end.length).split(' ')
    parts[part] = random.pick(list)
    draft.line = parts.join(' ') + end
  }
}

/** Games with the request line (RFC 9112 §3), and with what stands before it (§2.2). */
export const lineGames: readonly Game[] = [
  change(0, METHODS),
  change(1, TARGETS),
  change(2, VERSIONS),
  (draft, random) => {
    draft.line = random.pick(BEFORE) + draft.line
  },
  (draft, random) => {
    draft.line = draft.line.replaceAll(' ', random.pick(['  ', '\t', ' \t', '', '\x0b', '\xa0', '\r', '\r\n ']))
  },
  (draft, random) => {
    draft.line = otherEnd(draft.line, random)
  },
  (draft) => {
    draft.line = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
  },
  (draft) => {
    draft.line = 'HTTP/1.1 200 OK\r\n'
  },
]

const ENDS = [
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
  '\r\n ',
  '\r\n\t',
  '',
  ' \r\n',
  '\t\r\n',
  '\r\n\r\n',
  '\x00\r\n',
  '\x0b\r\n',
  '\r \n',
  '\x85',
]

/** A line whose end is not CRLF, or not alone. */
export function otherEnd(line: string, random: Random): string {
  return (line.endsWith('\r\n') ? line.slice(0, -2) : line) + random.pick(ENDS)
}
