import { Connection } from '../../bench/connection.ts'
import { type Talk, talk } from './talk.ts'

const JSON_TYPE = 'content-type: application/json\r\n'
const BYTES_TYPE = 'content-type: application/octet-stream\r\n'
const ORDER = JSON.stringify({ customer_id: 42, items: [{ sku: 'TRS-0001', qty: 2 }] })
const WRONG = JSON.stringify({ customer_id: 'x', items: [{ qty: 0 }] })
const PIECE = Buffer.alloc(20_000, 'x')
const CHUNK = Buffer.concat([Buffer.from('4e20\r\n'), PIECE, Buffer.from('\r\n')])
const LEAVES = 'connection: close\r\n'

function get(target: string, more = ''): string {
  return `GET ${target} HTTP/1.1\r\nhost: a\r\n${more}\r\n`
}

function post(target: string, more: string, body = ''): string {
  return `POST ${target} HTTP/1.1\r\nhost: a\r\n${more}\r\n${body}`
}

function order(body: string, more = ''): string {
  return post('/orders', `${JSON_TYPE}content-length: ${body.length}\r\n${more}`, body)
}

const PIPELINE = get('/hello/ada') + order(ORDER) + get('/late') + get('/nowhere') + order(WRONG)

/** What callers do. `answers` is what the first line must hold, where there must be one. */
const TALKS: readonly (Talk & { readonly answers?: RegExp })[] = [
  { says: [PIPELINE.repeat(4) + get('/hello/last', LEAVES)], answers: / 200 / },
  { says: [order(ORDER, LEAVES)], answers: / 200 / },
  { says: [order(WRONG, LEAVES)], answers: / 422 / },
  { says: [get('/nowhere', LEAVES)], answers: / 404 / },
  { says: ['GET /hello/ada HTTP/1.0\r\n\r\n'], answers: / 200 / },
  { says: ['GET /stream/1 HTTP/1.0\r\n\r\n'], answers: / 200 / },
  { says: ['GET / HTTP/1.1\r\n\r\n'], answers: / 400 / },
  { says: ['what is this\r\n\r\n'], answers: / 400 / },
  { says: [get('/hello/ada', `x-long: ${'x'.repeat(20_000)}\r\n`)], answers: / 431 / },
  { says: [post('/orders', 'content-length: 4\r\ntransfer-encoding: chunked\r\n')], answers: / 400 / },
  { says: [post('/uploads', `${BYTES_TYPE}transfer-encoding: chunked\r\n`, 'zz\r\n')], answers: / 4\d\d / },
  { says: [post('/orders', `${JSON_TYPE}content-length: 9000000\r\n`), PIECE], answers: / 413 / },
  {
    says: [post('/uploads', `${BYTES_TYPE}content-length: 200000\r\n${LEAVES}`), ...Array(10).fill(PIECE)],
    answers: / 200 /,
  },
  {
    says: [
      post('/uploads', `${BYTES_TYPE}transfer-encoding: chunked\r\n${LEAVES}`),
      ...Array(10).fill(CHUNK),
      '0\r\n\r\n',
    ],
    answers: / 200 /,
  },
  {
    says: [
      post('/echo', `${BYTES_TYPE}transfer-encoding: chunked\r\n${LEAVES}`),
      ...Array(10).fill(CHUNK),
      '0\r\nx: y\r\n\r\n',
    ],
    answers: / 200 /,
  },
  {
    says: [post('/uploads', `${BYTES_TYPE}expect: 100-continue\r\ncontent-length: 5\r\n${LEAVES}`), '12345'],
    answers: / 1?00 /,
  },
  // Uploads that are given up.
  { says: [post('/uploads', `${BYTES_TYPE}content-length: 900000\r\n`), PIECE, PIECE], leavesAfter: { ms: 20 } },
  { says: [post('/uploads', `${BYTES_TYPE}content-length: 900000\r\n`), PIECE], leavesAfter: { ms: 10 }, resets: true },
  { says: [post('/orders', `${JSON_TYPE}content-length: 900\r\n`), '{"customer_id"'], leavesAfter: { ms: 10 } },
  { says: [post('/uploads', `${BYTES_TYPE}content-length: 900000\r\n`), PIECE], halfCloses: true },
  {
    says: [post('/echo', `${BYTES_TYPE}transfer-encoding: chunked\r\n`), CHUNK, CHUNK],
    leavesAfter: { octets: 30_000 },
  },
  // Downloads that are given up.
  { says: [get('/stream/16')], leavesAfter: { octets: 200_000 } },
  { says: [get('/stream/16')], leavesAfter: { octets: 1 }, resets: true },
  { says: [get('/large/16')], leavesAfter: { octets: 200_000 } },
  { says: [get('/large/16')], leavesAfter: { octets: 1 }, resets: true },
  { says: [get('/late')], leavesAfter: { ms: 5 } },
  { says: [get('/late').repeat(20)], leavesAfter: { ms: 30 }, resets: true },
  { says: [get('/late')], halfCloses: true },
  { says: [get('/broken')] },
  { says: [], leavesAfter: { ms: 5 } },
  { says: ['GET /hel'], leavesAfter: { ms: 5 }, resets: true },
  // All of a large reply.
  { says: [get('/large/1', LEAVES)], answers: / 200 / },
  { says: [get('/stream/1', LEAVES)], answers: / 200 / },
]

/** Requests on one kept connection. */
const KEPT = 30

/** What came of a mixed load. */
export interface Mixed {
  talks: number
  readonly failures: string[]
}

/** Does a bit of everything, many at once, for some seconds; when it returns, every caller has left. */
export async function mixedLoad(port: number, seconds: number, callers: number, so: Mixed): Promise<void> {
  const until = performance.now() + seconds * 1000
  let turn = 0
  let said = 0
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      try {
        if (turn++ % 4 === 0) await keep(port)
        else await have(port, TALKS[said++ % TALKS.length] as (typeof TALKS)[number])
      } catch (error) {
        so.failures.push((error as Error).message)
      }
      so.talks++
    }
  }
  await Promise.all(Array.from({ length: callers }, one))
}

async function have(port: number, one: (typeof TALKS)[number]): Promise<void> {
  const head = await talk(port, one)
  if (one.answers === undefined || one.answers.test(head.split('\r\n', 1)[0] as string)) return
  throw new Error(`${JSON.stringify(String(one.says[0]).slice(0, 50))} got ${JSON.stringify(head.slice(0, 50))}`)
}

/** Some requests on a connection that is kept, and then given up. */
async function keep(port: number): Promise<void> {
  const connection = await Connection.open(port)
  try {
    for (let i = 0; i < KEPT; i++) {
      const status = await new Promise<number>((resolve, reject) => {
        connection.onReply = resolve
        connection.onFailure = reject
        connection.send(Buffer.from(i % 2 === 0 ? get('/hello/ada') : order(ORDER)))
      })
      if (status !== 200) throw new Error(`status ${status} on a kept connection`)
    }
  } finally {
    connection.close()
  }
}
