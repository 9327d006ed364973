import { type Case, refused } from '../case.ts'
import { GONE, parser } from '../reasons.ts'

const probe = 'GET /probe HTTP/1.1\r\nHost: api.test\r\n\r\n'
const good = { status: 200, json: { ok: true } } as const

/** Several requests on one connection. */
export const connections: readonly Case[] = [
  {
    name: 'Pipelined requests are answered in order',
    raw: `GET /slow/30 HTTP/1.1\r\nHost: api.test\r\n\r\n${probe}GET /things/3 HTTP/1.1\r\nHost: api.test\r\n\r\n`,
    reply: { status: 200, json: { waited: 30 } },
    then: [good, { status: 200, json: { id: 3, name: 'kettle' } }],
    differs: {
      bun: {
        ...GONE,
        why: 'Bun closes a connection on which a request comes while the one before it is not answered.',
      },
    },
  },
  {
    name: 'A pipelined POST and what follows its body',
    raw: `POST /bodies/json HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}${probe}`,
    reply: { status: 200, json: { got: {} } },
    then: [good],
  },
  {
    name: 'A connection lives on after a 404',
    raw: `GET /no/such HTTP/1.1\r\nHost: api.test\r\n\r\n${probe}`,
    reply: refused(404, 'not_found'),
    then: [good],
  },
  {
    name: 'A connection lives on after a refused body of known length',
    raw: `POST /bodies/json HTTP/1.1\r\nHost: api.test\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<br>${probe}`,
    reply: refused(415, 'unsupported_media_type'),
    then: [good],
  },
  {
    name: 'A connection lives on after a 500',
    raw: `GET /replies/broken HTTP/1.1\r\nHost: api.test\r\n\r\n${probe}`,
    reply: refused(500, 'internal_error'),
    then: [good],
  },
  {
    name: 'A body that nobody read does not become a request',
    raw: `POST /no/such HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${probe.length}\r\n\r\n${probe}${probe}`,
    reply: refused(404, 'not_found'),
    then: [good],
  },
  {
    name: 'What follows a request in flight is answered after it, be it no HTTP',
    raw: 'GET /slow/30 HTTP/1.1\r\nHost: api.test\r\n\r\nnonsense that is no request\r\n\r\n',
    reply: { status: 200, json: { waited: 30 } },
    then: [refused(400, 'bad_request', { closes: true })],
    differs: {
      bun: { ...parser(400), why: 'Bun answers what comes last first, and closes.' },
      deno: {
        status: 200,
        json: { waited: 30 },
        stray: true,
        why: "Deno's own parser refuses what follows, without a body.",
      },
    },
  },
  {
    name: 'Connection: close is obeyed',
    raw: 'GET /probe HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n',
    reply: { ...good, closes: true },
  },
  {
    name: 'HTTP/1.0 closes',
    raw: 'GET /probe HTTP/1.0\r\nHost: api.test\r\n\r\n',
    reply: { ...good, closes: true },
  },
  {
    name: 'HTTP/1.0 with keep-alive stays',
    raw: 'GET /probe HTTP/1.0\r\nHost: api.test\r\nConnection: keep-alive\r\n\r\n',
    reply: good,
    differs: { bun: { ...good, closes: true, why: 'Bun closes after every reply to HTTP/1.0.' } },
  },
  {
    name: 'A stream to HTTP/1.0 has no chunks and ends with the connection',
    raw: 'GET /replies/stream HTTP/1.0\r\nHost: api.test\r\n\r\n',
    reply: { status: 200, text: 'a,b\n1,2\nü\n', headers: { 'transfer-encoding': null }, closes: true },
  },
]
