import { type Case, refused } from '../case.ts'
import { parser, stays } from '../reasons.ts'

const host = (name: string, value: string, reply: Case['reply']): Case => ({
  name,
  raw: `GET /probe HTTP/1.1\r\nHost: ${value}\r\n\r\n`,
  reply,
  ...(reply.closes ? { differs: { deno: stays(reply) } } : {}),
})
const good = { status: 200, json: { ok: true } } as const
const bad = refused(400, 'bad_request', { closes: true })

/** Host: one, and nothing that could be taken for a path or a user (RFC 9112 §3.2). */
export const hosts: readonly Case[] = [
  {
    name: 'No Host',
    raw: 'GET /probe HTTP/1.1\r\n\r\n',
    reply: bad,
    differs: {
      bun: parser(400),
      deno: { ...good, why: 'Deno makes a URL of its own address where there is no Host, and does not tell.' },
    },
  },
  {
    name: 'Two Hosts',
    raw: 'GET /probe HTTP/1.1\r\nHost: api.test\r\nHost: other.test\r\n\r\n',
    reply: bad,
    differs: { deno: parser(400) },
  },
  {
    name: 'The same Host twice',
    raw: 'GET /probe HTTP/1.1\r\nHost: api.test\r\nHost: api.test\r\n\r\n',
    reply: bad,
    differs: { deno: parser(400) },
  },
  host('A Host with a port', 'api.test:8080', good),
  host('A Host that is an IPv6 address', '[::1]:8080', good),
  host('A Host with a path', 'a/../b@c', bad),
  host('A Host with a query', 'a/admin?', bad),
  host('A Host with a user', 'me@api.test', bad),
  host('A Host with a port out of range', 'a:99999', bad),
  host('A Host with a port that is no number', 'a:b', bad),
  host('A Host with a space', 'a b', bad),
  host('A Host with two names', 'a.test, b.test', bad),
  host('A Host with a fragment', 'a#b', bad),
  host('A Host with a backslash', 'a\\b', bad),
  host('A Host with brackets that hold no address', '[x]', bad),
  {
    name: 'An empty Host',
    raw: 'GET /paths/url HTTP/1.1\r\nHost:\r\n\r\n',
    reply: { status: 200, json: { url: 'http://localhost/paths/url', search: '' } },
    differs: { deno: { status: 200, why: 'Deno makes a URL of its own address where Host is empty.' } },
  },
  { name: 'HTTP/1.0 without Host', raw: 'GET /probe HTTP/1.0\r\n\r\n', reply: { ...good, closes: true } },
]
