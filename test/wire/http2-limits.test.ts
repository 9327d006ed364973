import { api, get, ok, post, stream, text } from 'trestle'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { END_HEADERS, END_STREAM, Frames, block, frame, number32, request, reset } from './frames.ts'
import { Http2Caller, replyOf } from './http2-caller.ts'
import { issueCertificate } from './issue-certificate.ts'
import { type SecureServer, serveSecurely } from './secure-server.ts'

/** Callers of HTTP/2 who break the protocol, ask for too much, or take too long (RFC 9113 §5.4, §8.1.1, §10.5). */

const NO_ERROR = 0
const PROTOCOL_ERROR = 1
const INTERNAL_ERROR = 2
const REFUSED_STREAM = 7
const ENHANCE_YOUR_CALM = 11

const limits = { headerTimeout: 300, bodyTimeout: 300, bodyRate: 1000, keepAliveTimeout: 600, sendTimeout: 400 }
const certificate = issueCertificate()

/** Bytes of a reply. */
const SOME = 100_000

let told: unknown[]
let bodies: unknown[]
let running: number
let most: number
let goOn: () => void
let server: SecureServer
let frames: Frames

beforeEach(async () => {
  told = []
  bodies = []
  running = 0
  most = 0
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const app = api(
    { limits: { body: 10_000_000 } },
    {
      hello: get('/hello', () => 'hello'),
      read: post('/read', { body: text(), returns: text() }, ({ body }) => {
        bodies.push(body)
        return body
      }),
      echo: post('/echo', { body: stream(), returns: ok(stream()) }, ({ body }) => body),
      endless: get('/endless', { returns: ok(stream('text/plain')) }, async function* () {
        for (;;) {
          yield 'x'.repeat(10_000)
          await null
        }
      }),
      large: get('/large', { returns: text() }, () => 'x'.repeat(1_000_000)),
      some: get('/some', { returns: text() }, () => 'x'.repeat(SOME)),
      wait: get('/wait', async () => {
        most = Math.max(most, ++running)
        await gate
        running--
        return 'done'
      }),
    },
  )
  server = await serveSecurely(app, certificate, { limits, report: (error) => told.push(error) })
  frames = await Frames.open(server.port)
})

afterEach(async () => {
  goOn()
  frames.end()
  await server.stop()
  expect(told).toEqual([])
})

/** The status of a reply, which is a literal or an indexed field at its beginning (RFC 7541 appendix A). */
async function statusOf(id: number): Promise<number | undefined> {
  const payload = (await frames.frame('HEADERS', id))?.payload
  if (payload === undefined) return undefined
  const indexed = [200, 204, 206, 304, 400, 404, 500][(payload[0] as number) - 0x88]
  if (indexed !== undefined) return indexed
  const digits = payload.subarray(2, 2 + ((payload[1] as number) & 0x7f))
  return Number((payload[1] as number) & 0x80 ? huffmanDigits(digits) : digits.toString('latin1'))
}

/** Digits in Huffman code: 0 to 2 have five bits, 3 to 9 six (RFC 7541 appendix B). */
function huffmanDigits(bytes: Buffer): string {
  let bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  let digits = ''
  while (bits.length > 5 || /^000/.test(bits)) {
    const five = Number.parseInt(bits.slice(0, 5), 2)
    const six = Number.parseInt(bits.slice(0, 6), 2)
    if (five <= 2) digits += five
    else if (six >= 0x19 && six <= 0x1f) digits += six - 0x19 + 3
    else break
    bits = bits.slice(five <= 2 ? 5 : 6)
  }
  return digits
}

test.each([
  ['Connection', ['connection', 'close']],
  ['Transfer-Encoding', ['transfer-encoding', 'chunked']],
  ['TE', ['te', 'gzip']],
  ['Upgrade', ['upgrade', 'websocket']],
  ['Keep-Alive', ['keep-alive', 'timeout=5']],
  ['Proxy-Connection', ['proxy-connection', 'close']],
  ['a name in capitals', ['X-Name', 'v']],
  ['a length that is none', ['content-length', '+5']],
  ['a pseudo-header field that nobody knows', [':protocol-x', 'v']],
] as [string, [string, string]][])('%s resets the stream (RFC 9113 §8.2)', async (_, field) => {
  const fields = field[0].startsWith(':') ? [] : [field]
  const odd = field[0].startsWith(':')
    ? frame(
        'HEADERS',
        END_STREAM | END_HEADERS,
        1,
        block([[':method', 'GET'], [':scheme', 'https'], [':path', '/'], field]),
      )
    : request(1, fields)
  frames.write(odd)
  expect(await frames.resetCode(1)).toBe(PROTOCOL_ERROR)
  frames.write(request(3))
  expect(await statusOf(3)).toBe(200)
})

test.each([
  ['no method', [':method', 'none']],
  ['no scheme', [':scheme', 'none']],
  ['no path', [':path', 'none']],
  ['a path without a slash', [':path', 'hello']],
  ['a URL in the place of the path', [':path', 'https://localhost/hello']],
  ['an asterisk with another method than OPTIONS', [':path', '*']],
  ['a space in the path', [':path', '/hel lo']],
  ['no authority', [':authority', 'none']],
  ['an authority with a user', [':authority', 'a@b']],
  ['an authority with a path', [':authority', 'a/../admin']],
] as [string, [string, string]][])('%s resets the stream (RFC 9113 §8.3.1)', async (_, field) => {
  frames.write(request(1, [field]))
  expect(await frames.resetCode(1)).toBe(PROTOCOL_ERROR)
})

test.each([
  ['the same Host is 200', [['host', 'LOCALHOST:443']], 200],
  ['another Host is 400', [['host', 'other']], 400],
  [
    'Host alone',
    [
      [':authority', 'none'],
      ['host', 'localhost'],
    ],
    200,
  ],
  ['a port that is none is 400', [[':authority', 'localhost:99999']], 400],
  [
    'a host that is none',
    [
      [':authority', 'none'],
      ['host', 'a:b:c'],
    ],
    400,
  ],
  ['another scheme is 400', [[':scheme', 'ftp']], 400],
  [
    'a URL in the place of the path, under another scheme, is 400',
    [
      [':scheme', 'ftp'],
      [':path', 'https://other/hello'],
    ],
    400,
  ],
  ['a scheme in capitals is the same scheme', [[':scheme', 'HTTPS']], 200],
  ['http, of which a proxy may have made https', [[':scheme', 'http']], 200],
] as [string, [string, string][], number][])('%s', async (_, fields, status) => {
  frames.write(request(1, fields))
  expect(await statusOf(1)).toBe(status)
})

test('a path without a slash resets the stream under a scheme in capitals too', async () => {
  const fields: [string, string][] = [
    [':scheme', 'HTTPS'],
    [':path', 'https:///hello'],
  ]
  frames.write(request(1, fields))
  expect(await frames.resetCode(1)).toBe(PROTOCOL_ERROR)
})

test('CONNECT is 405', async () => {
  frames.write(
    request(
      1,
      [
        [':method', 'CONNECT'],
        [':scheme', 'none'],
        [':path', 'none'],
      ],
      END_HEADERS,
    ),
  )
  expect(await statusOf(1)).toBe(405)
  expect(await frames.resetCode(1)).toBe(NO_ERROR)
})

test('a body that differs from its content-length is no request (RFC 9113 §8.1.1)', async () => {
  const head: [string, string][] = [
    [':method', 'POST'],
    [':path', '/read'],
    ['content-type', 'text/plain'],
    ['content-length', '5'],
  ]
  frames.write(request(1, head, END_HEADERS), frame('DATA', END_STREAM, 1, Buffer.from('hell')))
  expect(await frames.resetCode(1)).toBe(PROTOCOL_ERROR)
  frames.write(request(3, head, END_HEADERS), frame('DATA', END_STREAM, 3, Buffer.from('hello!')))
  expect(await frames.closes()).toBe(true)
  expect(bodies).toEqual([])
})

test('a body whose stream is reset is never taken for a whole one, whatever the code', async () => {
  const head: [string, string][] = [
    [':method', 'POST'],
    [':path', '/read'],
    ['content-type', 'text/plain'],
  ]
  frames.write(request(1, head, END_HEADERS), frame('DATA', 0, 1, Buffer.from('half')))
  await new Promise((resolve) => setTimeout(resolve, 30))
  frames.write(reset(1, NO_ERROR))
  frames.write(request(3, head, END_HEADERS), frame('DATA', 0, 3, Buffer.from('half')), reset(3, 8))
  frames.write(request(5, head, END_HEADERS), frame('DATA', END_STREAM, 5, Buffer.from('whole')))
  expect(await statusOf(5)).toBe(200)
  expect(bodies).toEqual(['whole'])
})

test('a reply that comes before the body has ended asks for no more of it (RFC 9113 §8.1)', async () => {
  frames.write(
    request(
      1,
      [
        [':method', 'POST'],
        [':path', '/nothing'],
      ],
      END_HEADERS,
    ),
  )
  expect(await statusOf(1)).toBe(404)
  expect(await frames.resetCode(1)).toBe(NO_ERROR)
})

test('whoever begins more streams at once than were offered loses the connection (RFC 9113 §5.1.2)', async () => {
  const ids = Array.from({ length: 101 }, (_, i) => 2 * i + 1)
  frames.write(...ids.map((id) => request(id, [[':path', '/wait']])))
  expect(await frames.closes()).toBe(true)
  expect(most).toBe(100)
})

test('streams that are reset do not make more handlers run than are allowed (CVE-2023-44487)', async () => {
  for (let id = 1; id < 300; id += 2) {
    frames.write(request(id, [[':path', '/wait']]), reset(id, 8))
    if (id % 20 === 1) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  // As many as may run are waiting. One that begins now is refused, and told that nothing was done.
  frames.write(request(301, [[':path', '/wait']]))
  expect(await frames.resetCode(301)).toBe(REFUSED_STREAM)
  expect(most).toBe(100)
  goOn()
  await expect.poll(() => running).toBe(0)
  frames.write(request(303))
  expect(await statusOf(303)).toBe(200)
})

test('whoever goes on to reset streams loses the connection (CVE-2023-44487)', async () => {
  for (let id = 1; id < 4000; id += 2) frames.write(request(id), reset(id, 8))
  expect(await frames.closes()).toBe(true)
})

test.each([
  ['SETTINGS', frame('SETTINGS', 0, 0)],
  ['PING', frame('PING', 0, 0, Buffer.alloc(8))],
])('so does whoever floods it with %s (CVE-2019-9512, CVE-2019-9515)', async (_, one) => {
  for (let i = 0; i < 40; i++) frames.write(...Array.from({ length: 50 }, () => one))
  expect(await frames.goawayCode()).toBe(ENHANCE_YOUR_CALM)
  expect(await frames.closes()).toBe(true)
})

test('so does whoever sends header sections without end (CVE-2024-27316)', async () => {
  frames.write(request(1, [], END_STREAM))
  for (let i = 0; i < 100; i++) frames.write(frame('CONTINUATION', 0, 1, block([['x', 'v']])))
  expect(await frames.closes()).toBe(true)
})

test('so does whoever sends empty DATA without end (CVE-2019-9518)', async () => {
  frames.write(
    request(
      1,
      [
        [':method', 'POST'],
        [':path', '/read'],
        ['content-type', 'text/plain'],
      ],
      END_HEADERS,
    ),
  )
  for (let i = 0; i < 500; i++) frames.write(frame('DATA', 0, 1))
  expect(await frames.closes()).toBe(true)
})

test('whoever does not speak after the handshake is not waited for', async () => {
  const mute = await Frames.open(server.port, false)
  const begun = performance.now()
  expect(await mute.closes()).toBe(true)
  expect(performance.now() - begun).toBeLessThan(limits.headerTimeout + 1000)
})

test('a header section that does not end is not waited for', async () => {
  frames.write(request(1, [], END_STREAM))
  expect(await frames.closes()).toBe(true)
})

test('a connection without streams is closed after its time, and told that nothing was lost', async () => {
  frames.write(request(1))
  expect(await statusOf(1)).toBe(200)
  const begun = performance.now()
  expect(await frames.goawayCode()).toBe(NO_ERROR)
  expect(await frames.closes()).toBe(true)
  expect(performance.now() - begun).toBeGreaterThan(limits.keepAliveTimeout / 2)
})

test('a body that does not come is 408, and the connection lives on', async () => {
  frames.write(
    request(
      1,
      [
        [':method', 'POST'],
        [':path', '/read'],
        ['content-type', 'text/plain'],
      ],
      END_HEADERS,
    ),
    frame('DATA', 0, 1, Buffer.from('slow')),
  )
  expect(await statusOf(1)).toBe(408)
  expect(await frames.resetCode(1)).toBe(NO_ERROR)
  frames.write(request(3))
  expect(await statusOf(3)).toBe(200)
  // Until endpoints with a body declare it.
  told = told.filter((error) => !String(error).includes('request_timeout'))
})

test('a body that stops while the reply is made of it resets the stream, and is told to nobody', async () => {
  const head: [string, string][] = [
    [':method', 'POST'],
    [':path', '/echo'],
    ['content-type', 'application/octet-stream'],
  ]
  frames.write(request(1, head, END_HEADERS), frame('DATA', 0, 1, Buffer.from('half')))
  expect((await frames.frame('DATA', 1))?.payload.toString()).toBe('half')
  expect(await frames.resetCode(1)).toBe(INTERNAL_ERROR)
  frames.write(request(3))
  expect(await statusOf(3)).toBe(200)
})

test('a body that comes at a fair rate has the time that it takes', async () => {
  const id = 1
  frames.write(
    request(
      id,
      [
        [':method', 'POST'],
        [':path', '/read'],
        ['content-type', 'text/plain'],
      ],
      END_HEADERS,
    ),
  )
  for (let i = 0; i < 8; i++) {
    frames.write(frame('DATA', i === 7 ? END_STREAM : 0, id, Buffer.alloc(200, 'x')))
    await new Promise((resolve) => setTimeout(resolve, 80))
  }
  expect(await statusOf(id)).toBe(200)
})

test.each(['/large', '/endless'])('%s, left unread, is reset, and the connection lives on', async (path) => {
  // The window of the stream is 65,535 bytes, and nobody widens it (RFC 9113 §5.2). That of the connection is.
  frames.write(frame('WINDOW', 0, 0, number32(10_000_000)), request(1, [[':path', path]]))
  // A caller that reads answers PING.
  frames.frame('PING', 0).then((ping) => ping && frames.write(frame('PING', 1, 0, ping.payload)))
  expect(await frames.resetCode(1)).toBe(2)
  frames.write(request(3))
  expect(await statusOf(3)).toBe(200)
})

/** Lets a stream send, or with 0 the connection. */
function widen(stream: number, bytes: number): Buffer {
  return frame('WINDOW', 0, stream, number32(bytes))
}

/** Writes the same every so often, until something is there or time is up. */
async function every(ms: number, bytes: readonly Buffer[], done: () => boolean, patience = 15_000): Promise<void> {
  const begun = performance.now()
  while (!done() && !frames.closed && performance.now() - begun < patience) {
    frames.write(...bytes)
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

function octetsOf(stream: number): number {
  const data = frames.received.filter((one) => one.type === 'DATA' && one.stream === stream)
  return data.reduce((sum, { payload }) => sum + payload.length, 0)
}

function resets(): number[] {
  return frames.received.filter(({ type }) => type === 'RST_STREAM').map(({ stream }) => stream)
}

test('a reply that is read without a pause is sent whole, however little at a time', async () => {
  // 100 KB a second, in windows of 4 KB: for 64 KB it takes longer than a reply may be left unread.
  frames.write(frame('SETTINGS', 0, 0, Buffer.from('000400001000', 'hex')), widen(0, 10_000_000))
  frames.write(request(1, [[':path', '/some']]))
  await every(40, [widen(1, 4096)], () => octetsOf(1) === SOME || resets().length > 0)
  expect([octetsOf(1), resets()]).toEqual([SOME, []])
})

test('so are many at once, which wait for each other', async () => {
  const ids = Array.from({ length: 20 }, (_, i) => 2 * i + 1)
  frames.write(frame('SETTINGS', 0, 0, Buffer.from('00047fffffff', 'hex')))
  frames.write(...ids.map((id) => request(id, [[':path', '/some']])))
  const whole = (): boolean => ids.every((id) => octetsOf(id) === SOME)
  // 800 KB a second, of 2 MB: the last ones wait for longer than a reply may be left unread.
  await every(20, [widen(0, 16_384)], () => whole() || resets().length > 0)
  expect([whole(), resets()]).toEqual([true, []])
})

test('a stream that is left unread is reset, however much is read of others, and those live on', async () => {
  frames.write(widen(0, 100_000_000), request(1, [[':path', '/large']]), request(3, [[':path', '/endless']]))
  setTimeout(() => frames.write(request(5, [[':path', '/large']])), limits.sendTimeout / 2)
  const begun = performance.now()
  // No PING is answered: it may stand behind much that is still to be read.
  await every(10, [widen(3, 30_000)], () => resets().length > 1)
  expect([resets(), frames.closed]).toEqual([[1, 5], false])
  expect(performance.now() - begun).toBeLessThan(4 * limits.sendTimeout)
})

test('so is one that waits while next to nothing is read of others', async () => {
  frames.write(request(1, [[':path', '/large']]))
  frames.frame('PING', 0).then((ping) => ping && frames.write(frame('PING', 1, 0, ping.payload)))
  await expect.poll(() => octetsOf(1)).toBe(65_535)
  const begun = performance.now()
  // The window of the connection is used up. Each of these has room for itself alone.
  for (let id = 3; resets().length === 0 && id < 200; id += 2) {
    frames.write(request(id), widen(0, '"hello"'.length))
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  expect(resets()).toEqual([1])
  expect(performance.now() - begun).toBeLessThan(3 * limits.sendTimeout)
})

test('a caller that reads nothing at all loses the connection', async () => {
  frames.write(
    frame('WINDOW', 0, 0, number32(1_000_000_000)),
    frame('SETTINGS', 0, 0, Buffer.from('00047fffffff', 'hex')),
  )
  frames.socket.pause()
  frames.write(request(1, [[':path', '/endless']]))
  await new Promise((resolve) => setTimeout(resolve, 2 * limits.sendTimeout + 300))
  const other = await Http2Caller.open(server.port)
  expect((await other.get('/hello')).status).toBe(200)
  frames.socket.resume()
  expect(await frames.closes()).toBe(true)
  other.end()
})

test('a stop lets streams under way end, takes no new ones, and says which were taken', async () => {
  const caller = await Http2Caller.open(server.port)
  const waiting = replyOf(caller.begin('/wait', {}, { endStream: true }))
  await expect.poll(() => running).toBe(1)
  const goaways: number[] = []
  caller.session.on('goaway', (code) => goaways.push(code as number))
  const stopped = server.stop(3000)
  await expect.poll(() => goaways).toEqual([NO_ERROR, NO_ERROR])
  goOn()
  expect((await waiting).body).toBe('"done"')
  await stopped
  expect(frames.closed || (await frames.closes())).toBe(true)
})

test('a stop does not wait beyond its deadline', async () => {
  const caller = await Http2Caller.open(server.port)
  const waiting = replyOf(caller.begin('/wait', {}, { endStream: true }))
  waiting.catch(() => {})
  await expect.poll(() => running).toBe(1)
  const begun = performance.now()
  setTimeout(goOn, 600)
  await server.stop(200)
  expect(performance.now() - begun).toBeLessThan(2000)
  await expect(waiting).rejects.toThrow('reset')
})
