import { type Case, refused } from '../case.ts'
import { GONE, PARSERS, parser, stays } from '../reasons.ts'

const JSON_POST = 'POST /bodies/json HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/json\r\n'
const bad = refused(400, 'bad_request', { closes: true })

const uncoded = refused(501, 'not_implemented', { closes: true })
const short = {
  ...refused(400, 'malformed_body', { closes: true }),
  why: 'Deno hands the request over before its body is whole: the body is what fails.',
}

const post = (name: string, rest: string, reply: Case['reply'], more: Partial<Case> = {}): Case => ({
  name,
  raw: JSON_POST + rest,
  reply,
  ...(reply === bad ? { differs: PARSERS } : {}),
  ...more,
})
const chunked = (name: string, chunks: string, reply: Case['reply'], more: Partial<Case> = {}): Case =>
  post(name, `Transfer-Encoding: chunked\r\n\r\n${chunks}`, reply, {
    ...(reply === bad ? { differs: { bun: parser(400), deno: GONE } } : {}),
    ...more,
  })

/** How messages are framed (RFC 9112): what two parsers could read in two ways ends the connection. */
export const framing: readonly Case[] = [
  chunked('A chunked body', '3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n', { status: 200, json: { got: { a: 1 } } }),
  chunked('A chunk extension is passed over', '2;x=y\r\n{}\r\n0\r\n\r\n', { status: 200, json: { got: {} } }),
  chunked(
    'Trailers are passed over',
    '2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n',
    { status: 200, json: { got: {} } },
    {
      differs: {
        bun: {
          status: 200,
          json: { got: {} },
          stray: true,
          why: 'Bun takes trailers for the next request: it refuses that, and closes.',
        },
      },
    },
  ),
  chunked('An empty chunked body', '0\r\n\r\n', refused(400, 'malformed_body', { detail: 'empty' })),
  chunked('A chunk size with a sign', '+2\r\n{}\r\n0\r\n\r\n', bad),
  chunked('A chunk size in 0x', '0x2\r\n{}\r\n0\r\n\r\n', bad),
  chunked('A chunk size beyond 64 bits', 'ffffffffffffffffff\r\n{}\r\n0\r\n\r\n', bad),
  chunked('A chunk that is longer than it says', '2\r\n{}x\r\n0\r\n\r\n', bad),
  chunked('A bare LF after a chunk size', '2\n{}\r\n0\r\n\r\n', bad),
  chunked('A bare CR in a chunk extension', '2;a\rb\r\n{}\r\n0\r\n\r\n', bad),
  chunked('A chunk extension of 40 KB', `2;${'a'.repeat(40_000)}\r\n{}\r\n0\r\n\r\n`, bad, {
    differs: { bun: parser(413), deno: short },
  }),
  post(
    'Content-Length and Transfer-Encoding',
    'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    bad,
  ),
  post('Two Content-Lengths that differ', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ', bad),
  post('Two Content-Lengths that agree', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}', bad, {
    differs: { deno: stays(bad) },
  }),
  post('A list of Content-Lengths', 'Content-Length: 2, 2\r\n\r\n{}', bad),
  post('A Content-Length with a sign', 'Content-Length: +2\r\n\r\n{}', bad),
  post('A negative Content-Length', 'Content-Length: -2\r\n\r\n{}', bad),
  post('A Content-Length in hexadecimal', 'Content-Length: 0x2\r\n\r\n{}', bad),
  post('A Content-Length beyond 64 bits', 'Content-Length: 99999999999999999999\r\n\r\n{}', bad),
  post('An empty Content-Length', 'Content-Length:\r\n\r\n', bad),
  post('Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n', uncoded, {
    differs: { bun: parser(400), deno: stays(uncoded) },
  }),
  post('Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n', bad),
  post('Transfer-Encoding: identity', 'Transfer-Encoding: identity\r\n\r\n', bad, { differs: PARSERS }),
  post(
    'Transfer-Encoding in two fields',
    'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    uncoded,
    { differs: { bun: parser(400), deno: stays(uncoded) } },
  ),
  post('Transfer-Encoding with a vertical tab', 'Transfer-Encoding: \x0bchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n', bad),
  post('A space before the colon', 'Content-Length : 2\r\n\r\n{}', bad),
  post('A folded field', 'X-Long: a\r\n b\r\nContent-Length: 2\r\n\r\n{}', bad),
  post('NUL in a value', 'X-Value: a\0b\r\nContent-Length: 2\r\n\r\n{}', bad),
  post('A bare CR in a value', 'X-Value: a\rb\r\nContent-Length: 2\r\n\r\n{}', bad),
  post('A field without a name', ': a\r\nContent-Length: 2\r\n\r\n{}', bad),
  post('A field without a colon', 'nothing\r\nContent-Length: 2\r\n\r\n{}', bad),
  {
    name: 'Bare LF line ends',
    raw: 'GET /probe HTTP/1.1\nHost: api.test\n\n',
    reply: bad,
    differs: {
      bun: parser(505),
      deno: { status: 200, json: { ok: true }, why: 'Deno takes a bare LF for a line end.' },
    },
  },
  {
    name: 'An HTTP version that there is none of',
    raw: 'GET /probe HTTP/9.9\r\nHost: api.test\r\n\r\n',
    reply: refused(505, 'version_not_supported', { closes: true }),
    differs: {
      node: { ...bad, why: 'The parser of node:http does not tell a version from what is none.' },
      bun: parser(505),
      deno: parser(400),
    },
  },
  { name: 'No HTTP at all', raw: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', reply: bad, differs: PARSERS },
  { name: 'Words that are no request', raw: 'hello there\r\n\r\n', reply: bad, differs: PARSERS },
  { name: 'A request line that is only a method', raw: 'GET\r\nHost: api.test\r\n\r\n', reply: bad, differs: PARSERS },
  {
    name: 'A header section of 40 KB',
    method: 'GET',
    target: '/probe',
    headers: [['X-Long', 'a'.repeat(40_000)]],
    reply: refused(431, 'headers_too_large', { closes: true }),
    differs: {
      memory: { status: 200, json: { ok: true }, why: 'There is no header section to measure.' },
      bun: parser(431),
      deno: { status: 200, json: { ok: true }, why: 'Deno takes header sections of any length up to its own limit.' },
    },
  },
  {
    name: '200 header fields',
    raw: `GET /probe HTTP/1.1\r\nHost: api.test\r\n${Array.from({ length: 200 }, (_, i) => `X-${i}: 1\r\n`).join('')}\r\n`,
    reply: refused(431, 'headers_too_large', { closes: true }),
    differs: {
      memory: { status: 200, json: { ok: true }, why: 'There is no header section to measure.' },
      bun: parser(431),
      deno: parser(400),
    },
  },
  {
    name: 'A body that breaks off',
    raw: `${JSON_POST}Content-Length: 10\r\n\r\n{"a":`,
    cut: true,
    reply: bad,
    differs: { bun: GONE, deno: short },
  },
  {
    name: 'A chunked body that breaks off',
    raw: `${JSON_POST}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a`,
    cut: true,
    reply: bad,
    differs: { bun: GONE, deno: short },
  },
  {
    name: 'A header section that breaks off',
    raw: 'GET /probe HTTP/1.1\r\nHost: api',
    cut: true,
    reply: bad,
    differs: { bun: GONE, deno: GONE },
  },
  {
    name: 'An Upgrade that nobody offers is passed over',
    raw: 'GET /probe HTTP/1.1\r\nHost: api.test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    reply: { status: 200, json: { ok: true } },
    differs: {
      node: {
        status: 200,
        json: { ok: true },
        closes: true,
        why: "After a request that asks for an upgrade, node's parser tells of no error any more: the connection ends.",
      },
    },
  },
  {
    name: 'An empty line before a request is passed over',
    raw: '\r\nGET /probe HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: { status: 200, json: { ok: true } },
    differs: { bun: parser(400) },
  },
]
