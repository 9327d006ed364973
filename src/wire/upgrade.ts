import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Has a connection from now on, and answers what was asked: with 101 and another protocol, or with a refusal. Thrown before
 * anything is written, a problem is the reply; anything else is reported, and breaks the connection.
 *
 * @param socket the connection. Neither timeouts nor limits of the server hold any more but that of `connections`.
 * @param head what has come of the other protocol.
 * @param stopping fires when the server stops. What is not closed at its deadline is broken.
 */
export type TakeOver = (socket: Duplex, head: Buffer, stopping: AbortSignal) => void | Promise<void>

/**
 * Says who takes over a connection whose caller asks for another protocol (RFC 9110 §7.8), such as WebSocket (RFC 6455);
 * undefined or false for nobody: then the request is answered as any other. A problem that it throws is the reply.
 */
export type Upgrade = (request: IncomingMessage) => TakeOver | undefined | false
