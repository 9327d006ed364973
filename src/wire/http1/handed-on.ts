import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Problem } from '../../contract/problem.ts'
import { InternalError } from '../../contract/problems.ts'
import type { Report } from '../../pipeline/fail.ts'
import { frame } from '../../pipeline/frame.ts'
import type { Incoming } from '../../pipeline/incoming.ts'
import { Stopped } from '../listening.ts'
import type { TakeOver, Upgrade } from '../upgrade.ts'
import type { RequestHead } from './request-head.ts'

/** Connections that others have taken over. The server counts them, and breaks what is left of them in the end. */
export class HandedOn {
  readonly #upgrade: Upgrade | undefined
  readonly #report: Report
  readonly #stopping = new Map<Socket, AbortController>()

  constructor(upgrade: Upgrade | undefined, report: Report) {
    this.#upgrade = upgrade
    this.#report = report
  }

  get size(): number {
    return this.#stopping.size
  }

  get sockets(): Iterable<Socket> {
    return this.#stopping.keys()
  }

  /**
   * Asks who takes a connection over.
   *
   * @throws {Problem} which is the reply, and ends the connection.
   */
  takerOf(head: RequestHead, request: Incoming, socket: Socket): TakeOver | undefined {
    if (this.#upgrade === undefined) return undefined
    frame(request)
    try {
      return this.#upgrade(messageOf(head, socket)) || undefined
    } catch (error) {
      throw this.#problemOf(error, request)
    }
  }

  /**
   * Gives the connection away.
   *
   * @param first what has come of the other protocol.
   * @param refuse replies with a problem, for one who has written nothing.
   */
  give(socket: Socket, request: Incoming, takeOver: TakeOver, first: Buffer, refuse: (problem: Problem) => void): void {
    const stopping = new AbortController()
    this.#stopping.set(socket, stopping)
    socket.once('close', () => this.#stopping.delete(socket))
    const before = socket.bytesWritten
    new Promise((resolve) => resolve(takeOver(socket, first, stopping.signal))).catch((error: unknown) => {
      const problem = this.#problemOf(error, request)
      if (socket.bytesWritten === before) refuse(problem)
      else socket.destroy()
    })
  }

  /** Tells all who have one that the server stops. */
  stop(): void {
    for (const stopping of this.#stopping.values()) stopping.abort(new Stopped('the server stops'))
  }

  #problemOf(error: unknown, { method, path }: Incoming): Problem {
    if (error instanceof Problem) return error
    this.#report(error, { operation: undefined, request: `${method} ${path}` })
    return InternalError({ cause: error }) as Problem
  }
}

/** A request as node:http hands it on: libraries of other protocols are written for that. */
function messageOf({ line, fields }: RequestHead, socket: Socket): IncomingMessage {
  const { IncomingMessage } = process.getBuiltinModule('node:http')
  const message = new IncomingMessage(socket)
  message.method = line.method
  message.url = line.target
  message.httpVersion = '1.1'
  message.httpVersionMajor = 1
  message.httpVersionMinor = 1
  const headers: Record<string, string | undefined> = {}
  for (let i = 0; i < fields.count; i++) {
    const name = fields.name(i)
    message.rawHeaders.push(name, fields.value(i))
    if (name !== '__proto__') headers[name] ??= fields.field(name)
  }
  message.headers = headers
  message.complete = true
  message.push(null)
  return message
}
