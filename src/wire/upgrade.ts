import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Has a connection from now on, and answers what was asked: with 101 and another protocol, or with a refusal. What it
 * throws before anything is written is the reply, as in a handler: a problem, or 500 for anything else, which is reported.
 * Thrown later it is reported, and breaks the connection; but not what a socket tells when its caller went.
 *
 * @param socket the connection, as node:http hands it on: it is open until both sides have ended it. Neither timeouts nor
 * limits of the server hold any more but that of `connections`. An `error` that nobody listens to does no harm.
 * @param head what has come of the other protocol.
 * @param stopping fires when the server stops. What is not closed at its deadline is broken.
 */
export type TakeOver = (socket: Duplex, head: Buffer, stopping: AbortSignal) => void | Promise<void>

/**
 * Says who takes over a connection whose caller asks for another protocol (RFC 9110 §7.8), such as WebSocket (RFC 6455);
 * undefined or false for nobody: then the request is answered as any other. A problem that it throws is the reply. It
 * answers at once: what has to wait belongs into the function that it returns. Nobody is asked where a request has a body,
 * where its caller sends no more, and when the server stops.
 */
export type Upgrade = (request: IncomingMessage) => TakeOver | undefined | false
