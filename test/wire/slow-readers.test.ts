import { connect } from 'node:net'
import { bytes, get, api, stream, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SIZE = 12_000_000
const SEND_TIMEOUT = 1000

/** Octets that a steady reader takes at a time, and the milliseconds between two times. */
const TAKES = 65_536
const EVERY = 15

describe('a long reply and the send timeout', () => {
  let server: Server

  beforeAll(async () => {
    const long = Buffer.alloc(SIZE, 'x')
    const text_ = 'ü'.repeat(SIZE / 2)
    server = await serve(
      api({
        bytes: get('/bytes', { returns: bytes() }, () => long),
        text: get('/text', { returns: text() }, () => text_),
        blob: get('/blob', { returns: stream() }, () => new Blob([long]).stream()),
      }),
      { port: 0, host: '127.0.0.1', quiet: true, signals: false, limits: { sendTimeout: SEND_TIMEOUT } },
    )
  })
  afterAll(() => server.stop())

  it.concurrent.each(['bytes', 'text', 'blob'])('is not cut off for one that reads steadily: %s', async (path) => {
    // It takes several times the timeout, and none of its pauses is near it.
    expect(await read(server.port, path)).toBeGreaterThanOrEqual(SIZE)
  })

  it.concurrent('waits for one that pauses for less', async () => {
    expect(await read(server.port, 'bytes', SEND_TIMEOUT * 0.6)).toBeGreaterThanOrEqual(SIZE)
  })

  it.concurrent('is cut off for one that pauses for more', async () => {
    expect(await read(server.port, 'bytes', SEND_TIMEOUT * 5)).toBeLessThan(SIZE)
  })
})

/** Reads a reply a little at a time, to its end, after a pause in milliseconds; gives the octets that came. */
function read(port: number, path: string, wait = 0): Promise<number> {
  return new Promise((resolve) => {
    let count = 0
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(TAKES),
        callback: (size) => {
          count += size
          return false
        },
      },
    })
    const start = performance.now()
    const reading = setInterval(() => {
      if (performance.now() - start > wait) socket.resume()
    }, EVERY)
    const end = (): void => {
      clearInterval(reading)
      socket.destroy()
      resolve(count)
    }
    socket.on('end', end).on('error', end).on('close', end)
    socket.write(`GET /${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
    socket.pause()
  })
}
