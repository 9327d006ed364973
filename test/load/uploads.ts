/**
 * `npm run uploads`: sends a file of 2 GB as a multipart form, as fast as it is taken, and watches the memory of the server.
 *
 *     npm run uploads -- --megabytes 2000 --callers 1 --engine node
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { type Subject, startSubject } from './subject.ts'

const MB = 1_000_000
/** What the server may grow by, however long the file is. */
const GROWTH = 50 * MB

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '2000' },
    callers: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'trestle' },
    path: { type: 'string', default: '/forms' },
  },
})

process.stdout.write(`${toLine(describeMachine())}\n`)
const bytes = Number(values.megabytes) * MB
const callers = Number(values.callers)
const subject = await startSubject({ engine: values.engine })
try {
  // What is loaded and compiled with the first is no growth.
  await send(subject, values.path, MB)
  const before = (await subject.facts()).rss
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, subject.memory())
  }, 20)
  const from = performance.now()
  const replies = await Promise.all(Array.from({ length: callers }, () => send(subject, values.path, bytes)))
  const seconds = (performance.now() - from) / 1000
  clearInterval(watch)
  const { rss, files } = await subject.facts()
  const speed = (bytes * callers) / MB / seconds
  const text = (octets: number): string => `${(octets / MB).toFixed(1)} MB`
  process.stdout.write(
    `${callers} × ${values.megabytes} MB to ${values.path} in ${seconds.toFixed(1)} s, ${speed.toFixed(0)} MB/s\n` +
      `  answered: ${[...new Set(replies)].join(', ')}\n` +
      `  memory: ${text(before)} before, ${text(most - before)} more at most, ${text(rss - before)} more after; ${files} files open\n`,
  )
  const isWhole = replies.every((reply) => reply === `200 {"size":${bytes}}`)
  if (!isWhole || most - before >= GROWTH) {
    process.stdout.write(`✗ it is to be taken whole, and to cost less than ${text(GROWTH)}\n`)
    process.exitCode = 1
  }
} finally {
  await subject.stop()
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
