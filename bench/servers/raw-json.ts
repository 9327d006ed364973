import { createServer } from 'node:net'
import { Reading } from '../../src/wire/http1/reading.ts'
import { ROUTES, type Route, WORKLOAD } from '../workload.ts'
import { headOf } from './fixed-reply.ts'
import { measured } from './measured.ts'

/**
 * The bottom for an API: a socket, read and written in the cheapest way that Node has, `JSON.parse` of what comes and
 * `JSON.stringify` of what goes. It reads no header field, routes by first letters, checks nothing, and is no server. It
 * says what is left for all that a server does.
 */
const HEADS = Object.fromEntries(ROUTES.map((route) => [route, headOf(route)])) as Record<Route, string>

/** What a body follows. */
const END = Buffer.from('\r\n\r\n')

const reading = new Reading()
const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (accepted) => {
  reading.take(accepted, (socket) => {
    socket.on('error', () => socket.destroy()).on('end', () => socket.destroy())
    return (bytes, to) => {
      if (bytes[0] !== 0x50) {
        const route = bytes[5] === 0x68 ? 'hello' : 'get'
        socket.write(HEADS[route] + JSON.stringify(WORKLOAD[route].reply), 'latin1')
        return
      }
      const order = JSON.parse(bytes.utf8Slice(bytes.indexOf(END) + END.length, to))
      socket.write(HEADS.post + JSON.stringify({ id: 1042, status: 'open', total: 148, ...order }), 'utf8')
    }
  })
})
server.listen(0, '127.0.0.1', () => measured(server.address()))
