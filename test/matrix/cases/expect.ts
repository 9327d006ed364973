import { type Case, type Difference, refused } from '../case.ts'

/** What the runtimes do by themselves. */
function eager({ closes: _, ...reply }: Case['reply']): Difference {
  return {
    ...reply,
    interim: [100],
    waits: true,
    why: 'The runtime sends 100 before it hands the request over, and waits for the body.',
  }
}

const expecting = (name: string, target: string, fields: string, reply: Case['reply'], body = ''): Case => ({
  name,
  raw: `POST ${target} HTTP/1.1\r\nHost: api.test\r\nExpect: 100-continue\r\n${fields}\r\n${body}`,
  reply,
  ...(reply.closes ? { differs: { bun: eager(reply), deno: eager(reply) } } : {}),
})
const JSON_FIELDS = 'Content-Type: application/json\r\nContent-Length: 2\r\n'

const OLD = {
  status: 200,
  json: { got: {} },
  interim: [100],
  closes: true,
  why: 'The runtime does not look at the version before it sends 100.',
} as const
const UNHEARD = {
  status: 200,
  json: { got: {} },
  why: 'The runtime passes over expectations that it does not know, which RFC 9110 §10.1.1 allows.',
} as const

/** Expect: 100-continue: nobody is told to send a body that would not be taken. The unsent body ends the connection. */
export const expectations: readonly Case[] = [
  expecting(
    '100 comes before the body is read',
    '/bodies/json',
    JSON_FIELDS,
    { status: 200, json: { got: {} }, interim: [100] },
    '{}',
  ),
  expecting(
    'No 100 to an unknown path',
    '/no/such',
    JSON_FIELDS,
    refused(404, 'not_found', { interim: [], closes: true }),
  ),
  expecting(
    'No 100 where the method is not there',
    '/probe',
    JSON_FIELDS,
    refused(405, 'method_not_allowed', { interim: [], closes: true }),
  ),
  expecting(
    'No 100 without credentials',
    '/bodies/guarded',
    JSON_FIELDS,
    refused(401, 'unauthorized', { interim: [], closes: true, headers: { 'www-authenticate': 'Bearer' } }),
  ),
  expecting(
    'No 100 for a media type that is not taken',
    '/bodies/json',
    'Content-Type: text/html\r\nContent-Length: 2\r\n',
    refused(415, 'unsupported_media_type', { interim: [], closes: true }),
  ),
  expecting(
    'No 100 for a body that is too long',
    '/bodies/small',
    'Content-Type: application/json\r\nContent-Length: 17\r\n',
    refused(413, 'content_too_large', { interim: [], closes: true }),
  ),
  expecting(
    '100 where other fields are refused, so that all of them are in one answer',
    '/bodies/checked/x',
    JSON_FIELDS,
    refused(422, 'invalid_input', { interim: [100], pointers: ['/params/id', '/body/name'] }),
    '{}',
  ),
  expecting('No 100 where no body is declared', '/replies/accepted', 'Content-Length: 2\r\n', {
    status: 202,
    json: { job: 'j1' },
    interim: [],
    closes: true,
  }),
  {
    name: 'No 1xx to HTTP/1.0',
    raw: `POST /bodies/json HTTP/1.0\r\nHost: api.test\r\nExpect: 100-continue\r\n${JSON_FIELDS}\r\n{}`,
    reply: { status: 200, json: { got: {} }, interim: [], closes: true },
    differs: { bun: OLD, deno: OLD },
  },
  {
    name: 'Another expectation is refused',
    raw: `POST /bodies/json HTTP/1.1\r\nHost: api.test\r\nExpect: miracles\r\n${JSON_FIELDS}\r\n{}`,
    reply: refused(417, 'expectation_failed', { closes: true }),
    differs: {
      bun: UNHEARD,
      deno: UNHEARD,
    },
  },
]
