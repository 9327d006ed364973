import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlainly } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TLSSocket, connect } from 'node:tls'
import { api, bytes, get, post, stream, text } from 'trestle'
import { type ServeOptions, type Server, serve } from 'trestle/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'
import { Frames } from './frames.ts'
import { Http2Caller } from './http2-caller.ts'
import { type Issued, issueCertificate, issuePair } from './issue-certificate.ts'

/** HTTPS as `serve()` has it: HTTP/1.1 and HTTP/2 on one port. */

let told: unknown[]
let signals: unknown[]
/** Each lets a slow handler end. */
let releases: (() => void)[]
let server: Server | undefined
const open = new Set<{ end: () => void }>()

beforeEach(() => {
  told = []
  signals = []
  releases = []
})

afterEach(async () => {
  for (const release of releases) release()
  for (const one of open) one.end()
  open.clear()
  await server?.stop()
  server = undefined
})

const app = api({
  where: get('/where', ({ request: { url, remoteAddress } }) => ({ url, from: remoteAddress })),
  echo: post('/echo', { body: text() }, ({ body }) => body.length),
  slow: get('/slow', async ({ signal }) => {
    signal.addEventListener('abort', () => signals.push(signal.reason))
    await new Promise<void>((resolve) => releases.push(resolve))
    return 'done'
  }),
  big: get('/big', { returns: bytes() }, () => new Uint8Array(32_000_000)),
  broken: get('/broken', { returns: stream() }, async function* () {
    yield 'half'
    await new Promise((resolve) => setTimeout(resolve, 20))
    throw new Error('the other half is missing')
  }),
})

async function start(options: Partial<ServeOptions> = {}, tls: ServeOptions['tls'] = issuePair()): Promise<number> {
  server = await serve(app, {
    // Its callers are in the same process, and their handshakes make the turns of its event loop long.
    overload: false,
    ...{ port: 0, host: '127.0.0.1', quiet: true, signals: false, tls, deadline: 3000 },
    report: (error) => told.push(error),
    ...options,
  })
  return server.port
}

function kept<One extends { end: () => void }>(one: One): One {
  open.add(one)
  return one
}

const callOld = async (port: number): Promise<Connection> => kept(await Connection.openSecurely(port))
const callNew = async (port: number): Promise<Http2Caller> => kept(await Http2Caller.open(port))

const GET = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: shop.test\r\n\r\n`

/** What a connection of HTTP/1.1 answers a GET with. */
async function asked(connection: Connection, target: string): Promise<string> {
  connection.write(GET(target))
  const answer = await connection.reply('GET')
  if (answer === undefined) throw new Error(`no reply; ${connection.rest}`)
  return answer.body.toString()
}

describe('requests', () => {
  test('come over both protocols to one port, and know that they were safe', async () => {
    const port = await start()
    expect(server?.url).toBe(`https://127.0.0.1:${port}`)
    const old = await callOld(port)
    for (let i = 0; i < 3; i++) {
      expect(JSON.parse(await asked(old, '/where'))).toEqual({ url: 'https://shop.test/where', from: '127.0.0.1' })
    }
    const { body } = await (await callNew(port)).get('/where', { ':authority': 'shop.test' })
    expect(JSON.parse(body)).toEqual({ url: 'https://shop.test/where', from: '127.0.0.1' })
    expect(told).toEqual([])
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'are not lost that come with the last of a handshake of %s',
    async (version) => {
      const port = await start()
      const bodies = Array.from({ length: 20 }, (_, i) => 'x'.repeat(i * 5000))
      const answers = bodies.map(
        (body) =>
          new Promise<string>((resolve, reject) => {
            const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: version })
            // Written before there is a connection: it goes out with the caller's last word of the handshake.
            socket.write(
              `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
            )
            let all = ''
            socket.on('data', (piece) => {
              all += piece
            })
            socket.on('end', () => resolve(all.slice(all.indexOf('\r\n\r\n') + 4)))
            socket.on('error', reject)
          }),
      )
      expect(await Promise.all(answers)).toEqual(bodies.map(({ length }) => String(length)))
    },
  )

  test('are answered when their caller has ended its side', async () => {
    const connection = await callOld(await start())
    connection.socket.end(GET('/where'))
    expect((await connection.reply('GET'))?.status).toBe(200)
    expect(await connection.closes()).toBe(true)
  })

  test('in plain text get no reply, and nobody is told of them', async () => {
    const connection = kept(await Connection.open(await start()))
    connection.write(GET('/where'))
    expect(await connection.reply('GET')).toBeUndefined()
    expect(connection.ended).toBe(true)
    expect(told).toEqual([])
  })

  test('of HTTP/2 alone can be left out', async () => {
    const port = await start({}, { ...issuePair(), http2: false })
    const socket = await new Promise<TLSSocket>((resolve) => {
      const options = { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] }
      const it = connect(options, () => resolve(it))
    })
    kept({ end: () => socket.destroy() })
    expect(socket.alpnProtocol).toBe('http/1.1')
    expect(JSON.parse(await asked(await callOld(port), '/where'))).toMatchObject({ from: '127.0.0.1' })
  })
})

describe('replies', () => {
  test.each([
    ['over TLS', true],
    ['in plain text', false],
  ])('of HTTP/1.0 that break off look broken, %s', async (_, isSecure) => {
    const port = await start(isSecure ? {} : { tls: undefined as never })
    const connection = isSecure ? await callOld(port) : kept(await Connection.open(port))
    const failed = new Promise((resolve) =>
      connection.socket.once('error', resolve).once('end', () => resolve('ended')),
    )
    connection.write('GET /broken HTTP/1.0\r\n\r\n')
    expect(await connection.holds('half')).toBe(true)
    expect(await connection.closes()).toBe(true)
    // The end of TLS without its alert is for OpenSSL's callers an error; node passes over it.
    if (!isSecure) expect(await failed).toMatchObject({ code: 'ECONNRESET' })
    expect(told).toMatchObject([{ message: 'the other half is missing' }])
  })

  test('that are not read are given up', async () => {
    const port = await start({ limits: { sendTimeout: 300 } })
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    kept({ end: () => socket.destroy() })
    socket.on('error', () => {})
    socket.pause()
    socket.write(GET('/big'))
    // What the systems of both hold is a few MB; the caller learns of the end when it has read that.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    let length = 0
    socket.on('data', (piece) => {
      length += piece.length
    })
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
    expect(length).toBeGreaterThan(0)
    expect(length).toBeLessThan(32_000_000)
  })
})

describe('a certificate', () => {
  test('that is renewed is for new connections; those that are open go on', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'trestle-https-'))
    const files = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') }
    const write = ({ cert, key }: Issued): void => {
      writeFileSync(files.cert, cert)
      writeFileSync(files.key, key)
    }
    write(issueCertificate({ name: 'first' }))
    const port = await start({}, files)
    const nameOf = ({ socket }: Connection): unknown => (socket as TLSSocket).getPeerCertificate().subject.CN
    const old = await callOld(port)
    const young = await callNew(port)
    expect(nameOf(old)).toBe('first')
    await young.get('/where')
    write(issueCertificate({ name: 'second' }))
    await expect.poll(async () => nameOf(await callOld(port)), { timeout: 5000 }).toBe('second')
    expect(JSON.parse(await asked(old, '/where'))).toMatchObject({ from: '127.0.0.1' })
    expect((await young.get('/where')).status).toBe(200)
    expect(told).toEqual([])
    rmSync(folder, { recursive: true })
  })

  test('that cannot be served stops the start, and so does a port that is taken', async () => {
    const wrong = { ...issuePair(), key: issuePair().key }
    await expect(start({}, wrong)).rejects.toThrow(/^tls\.key: the text in tls\.key is not the key of the certificate/)
    const port = await start()
    const first = server
    await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(server).toBe(first)
  })

  test('is not for node:http', async () => {
    await expect(start({ engine: 'node' })).rejects.toThrow('tls is not for engine "node": leave engine out')
  })
})

describe('a stop', () => {
  test('waits for replies of both protocols, and closes what is idle', async () => {
    const port = await start()
    const idleOld = await callOld(port)
    const idleNew = await callNew(port)
    await asked(idleOld, '/where')
    await idleNew.get('/where')
    const old = await callOld(port)
    old.write(GET('/slow'))
    const young = await callNew(port)
    const slow = young.get('/slow')
    await expect.poll(() => releases.length).toBe(2)

    const stopped = server?.stop() as Promise<void>
    await expect.poll(() => idleNew.session.closed).toBe(true)
    await expect(Connection.openSecurely(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    let done = false
    void stopped.then(() => {
      done = true
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(done).toBe(false)
    for (const release of releases) release()
    const answer = await old.reply('GET')
    expect([answer?.status, answer?.body.toString(), new Map(answer?.headers).get('connection')]).toEqual([
      200,
      '"done"',
      'close',
    ])
    expect((await slow).body).toBe('"done"')
    for (const one of [old, idleOld]) one.socket.end()
    await stopped
    expect([await idleOld.closes(), await old.closes(), young.session.closed]).toEqual([true, true, true])
    expect(signals).toEqual([])
  })

  test('breaks off at its deadline what is not done, on both', async () => {
    const port = await start({ deadline: 400 })
    const old = await callOld(port)
    old.write(GET('/slow'))
    const slow = (await callNew(port)).get('/slow')
    const ended = slow.catch((error: Error) => error)
    await expect.poll(() => releases.length).toBe(2)
    const begun = performance.now()
    // Handlers that do not heed their signal are waited for longer: theirs is told first.
    const stopped = server?.stop()
    await expect.poll(() => signals.length, { timeout: 2000 }).toBe(2)
    expect(performance.now() - begun).toBeLessThan(1500)
    expect(signals).toMatchObject([{ message: 'the server stops' }, { message: 'the server stops' }])
    expect(await old.closes()).toBe(true)
    expect(await ended).toBeInstanceOf(Error)
    for (const release of releases) release()
    await stopped
  })

  test('does not wait for somebody who has connected and says nothing', async () => {
    const port = await start({ deadline: 10_000 })
    const mute = connectPlainly(port, '127.0.0.1')
    kept({ end: () => mute.destroy() })
    mute.on('error', () => {})
    await new Promise((resolve) => mute.once('connect', resolve))
    const begun = performance.now()
    await server?.stop()
    expect(performance.now() - begun).toBeLessThan(2000)
  })
})

describe('one connection more than the limit', () => {
  test('is refused on either protocol, whatever the others speak', async () => {
    const port = await start({ limits: { connections: 2 } })
    const old = await callOld(port)
    const young = await callNew(port)
    await young.get('/where')

    const third = await callOld(port)
    const refusal = await third.reply('GET')
    expect([refusal?.status, new Map(refusal?.headers).get('retry-after')]).toEqual([503, '1'])
    expect(JSON.parse(String(refusal?.body))).toMatchObject({ code: 'too_many_connections' })
    third.end()

    const frames = kept(await Frames.open(port))
    const { payload = Buffer.alloc(8) } = (await frames.frame('GOAWAY', 0)) ?? {}
    // The last stream that was taken, the error, and words for people (RFC 9113 §6.8).
    expect([payload.readUInt32BE(0), payload.readUInt32BE(4)]).toEqual([0, 0])
    expect(payload.toString('latin1', 8)).toBe('too_many_connections')
    expect(frames.received[0]?.type).toBe('SETTINGS')
    expect(await frames.closes()).toBe(true)

    // Those that were there go on, and where one leaves another finds room.
    expect(await asked(old, '/where')).toContain('127.0.0.1')
    expect((await young.get('/where')).status).toBe(200)
    young.end()
    await expect
      .poll(async () => {
        const next = await callOld(port)
        next.write(GET('/where'))
        const { status } = (await next.reply('GET')) ?? {}
        next.end()
        return status
      })
      .toBe(200)
  })

  test('fails a request of HTTP/2 as one that may be sent again', async () => {
    const port = await start({ limits: { connections: 1 } })
    await callOld(port)
    const caller = await callNew(port)
    // 7 is REFUSED_STREAM (RFC 9113 §8.7).
    await expect(caller.get('/where')).rejects.toThrow('reset 7')
  })

  test('counts no handshakes, of which there are not any number either', async () => {
    const port = await start({ limits: { connections: 2 } })
    const sockets = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const socket = connectPlainly(port, '127.0.0.1')
        kept({ end: () => socket.destroy() })
        socket.on('error', () => {})
        socket.resume()
        await new Promise((resolve) => socket.once('connect', resolve))
        return socket
      }),
    )
    const gone = sockets.filter((socket) => socket.destroyed || socket.readableEnded)
    await expect.poll(() => sockets.filter(({ destroyed, readableEnded }) => destroyed || readableEnded).length).toBe(2)
    expect(gone.length).toBeLessThanOrEqual(2)
    sockets[0]?.destroy()
    await expect
      .poll(() =>
        callOld(port).then(
          (connection) => asked(connection, '/where'),
          () => '',
        ),
      )
      .toContain('127.0.0.1')
  })
})
