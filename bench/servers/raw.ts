import { createServer } from 'node:net'
import { ROUTES, type Route } from '../workload.ts'
import { replyOf, headOf } from './fixed-reply.ts'
import { measured } from './measured.ts'

/**
 * The bottom: a socket that answers fixed bytes to whatever comes, by its first letters. It reads nothing else, checks
 * nothing, and is no server. It says what the system takes for a request and a reply of that length.
 */
const replies = Object.fromEntries(
  ROUTES.map((route) => [route, Buffer.from(headOf(route) + replyOf(route))]),
) as Record<Route, Buffer>

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (bytes) => {
    const isPost = bytes[0] === 0x50
    const isHello = bytes[5] === 0x68
    socket.write(isPost ? replies.post : isHello ? replies.hello : replies.get)
  })
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1', () => measured(server.address()))
