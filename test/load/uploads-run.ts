import { once } from 'node:events'
import { connect } from 'node:net'
import { type Subject, startSubject } from './subject.ts'

export interface UploadsOptions {
  /** Bytes of each file. */
  readonly bytes: number
  readonly callers: number
  readonly engine: 'trestle' | 'node'
  readonly path: string
}

export interface UploadsOutcome {
  /** Status and body of each reply. */
  readonly replies: readonly string[]
  readonly seconds: number
  /** Bytes of memory before, and by which there were more at most and after. */
  readonly before: number
  readonly growth: number
  readonly left: number
  /** Open files after. */
  readonly files: number
}

const MB = 1_000_000

/** Has callers send files as multipart forms, each as fast as it is taken, and watches the memory of the server. */
export async function uploads({ bytes, callers, engine, path }: UploadsOptions): Promise<UploadsOutcome> {
  const subject = await startSubject({ engine })
  try {
    // What is loaded and compiled with the first is no growth.
    await send(subject, path, MB)
    const before = (await subject.facts()).rss
    let most = before
    const watch = setInterval(() => {
      most = Math.max(most, subject.memory())
    }, 20)
    const from = performance.now()
    const replies = await Promise.all(Array.from({ length: callers }, () => send(subject, path, bytes)))
    const seconds = (performance.now() - from) / 1000
    clearInterval(watch)
    const { rss, files } = await subject.facts()
    return { replies, seconds, before, growth: most - before, left: rss - before, files }
  } finally {
    await subject.stop()
  }
}

/** Sends a form with one file of so many zeros, and gives status and body of the reply. */
async function send({ port }: Subject, path: string, size: number): Promise<string> {
  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
  const tail = '\r\n--b--\r\n'
  const socket = connect(port, '127.0.0.1')
  let reply = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    reply += text
  })
  await once(socket, 'connect')
  const length = head.length + size + tail.length
  socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n`)
  socket.write(`Content-Type: multipart/form-data; boundary=b\r\n\r\n${head}`)
  const piece = Buffer.alloc(262_144)
  for (let left = size; left > 0; left -= piece.length) {
    if (!socket.write(left < piece.length ? piece.subarray(0, left) : piece)) await once(socket, 'drain')
  }
  socket.write(tail)
  await once(socket, 'close')
  return `${reply.slice(9, 12)} ${reply.slice(reply.indexOf('\r\n\r\n') + 4)}`
}
