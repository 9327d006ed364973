import { createServer } from 'node:net'
import { ROUTES, type Route, WORKLOAD } from '../workload.ts'
import { measured } from './measured.ts'

/**
 * The bottom: a socket that answers fixed bytes to whatever comes, by its first letters. It reads nothing else, checks
 * nothing, and is no server. It says what the system takes for a request and a reply of that length.
 */
const replies = Object.fromEntries(ROUTES.map((route) => [route, replyTo(route)])) as Record<Route, Buffer>

function replyTo(route: Route): Buffer {
  const { status, reply, location } = WORKLOAD[route]
  const body = JSON.stringify(reply)
  const lines = [
    `HTTP/1.1 ${status} ${status === 201 ? 'Created' : 'OK'}`,
    'content-type: application/json',
    ...(location === undefined ? [] : [`location: ${location}`]),
    `date: ${new Date().toUTCString()}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (bytes) => {
    const isPost = bytes[0] === 0x50
    const isHello = bytes[5] === 0x68
    socket.write(isPost ? replies.post : isHello ? replies.hello : replies.get)
  })
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1', () => measured(server.address()))
