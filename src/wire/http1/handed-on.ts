import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Problem } from '../../contract/problem.ts'
import { InternalError, Unavailable } from '../../contract/problems.ts'
import { type Report, isObedience } from '../../pipeline/fail.ts'
import { frame } from '../../pipeline/frame.ts'
import type { Incoming } from '../../pipeline/incoming.ts'
import { Stopped } from '../listening.ts'
import type { TakeOver, Upgrade } from '../upgrade.ts'
import type { RequestHead } from './request-head.ts'

const CALLER_WENT = /^(?:ECONNRESET|EPIPE|ETIMEDOUT|ERR_STREAM_(?:PREMATURE_CLOSE|DESTROYED)|ERR_SSL_.*)$/

/** Connections that others have taken over. The server counts them, and breaks what is left of them in the end. */
export class HandedOn {
  readonly #upgrade: Upgrade | undefined
  readonly #report: Report
  readonly #stopping = new Map<Socket, AbortController>()

  constructor(upgrade: Upgrade | undefined, report: Report) {
    this.#upgrade = upgrade
    this.#report = report
  }

  /** False where nobody ever takes one over. */
  get offers(): boolean {
    return this.#upgrade !== undefined
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
    frame(request)
    try {
      return checked(this.#upgrade?.(messageOf(head, socket)))
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
    const stopping = this.#stoppingOf(socket)
    const before = socket.bytesWritten
    new Promise((resolve) => resolve(takeOver(socket, first, stopping))).catch((error: unknown) => {
      if (socket.destroyed && isOfCaller(error)) return
      const isLate = socket.bytesWritten !== before
      const problem = isObedience(stopping.reason, error)
        ? (Unavailable() as Problem)
        : this.#problemOf(error, request, isLate)
      if (isLate) socket.destroy()
      else if (!socket.destroyed) refuse(problem)
    })
  }

  /** By itself: a listener made in there would keep all that is in there, the refusal and with it the reader. */
  #stoppingOf(socket: Socket): AbortSignal {
    const stopping = new AbortController()
    this.#stopping.set(socket, stopping)
    socket.once('close', () => this.#stopping.delete(socket))
    return stopping.signal
  }

  /** Tells all who have one that the server stops. */
  stop(): void {
    for (const stopping of this.#stopping.values()) stopping.abort(new Stopped('the server stops'))
  }

  /** @param isLate true where nobody gets to see it any more. */
  #problemOf(error: unknown, { method, path }: Incoming, isLate = false): Problem {
    const problem = error instanceof Problem ? error : (InternalError({ cause: error }) as Problem)
    if (isLate || problem.status >= 500) this.#report(error, { operation: undefined, request: `${method} ${path}` })
    return problem
  }
}

/** What types say already; but a program without them may give anything, and an async function gives a promise. */
function checked(taker: unknown): TakeOver | undefined {
  if (typeof taker === 'function') return taker as TakeOver
  if (!taker) return undefined
  const isPromise = taker instanceof Promise
  // The error below is the one to see, not another that says less.
  if (isPromise) taker.catch(() => {})
  const given = isPromise
    ? 'a promise: it must not be async. What has to wait belongs into the function that it returns'
    : typeof taker === 'object'
      ? 'an object'
      : String(taker)
  throw new TypeError(`upgrade returns a function (socket, head, stopping) => …, or undefined, not ${given}`)
}

/** True for what whoever reads or writes a socket is told when the caller went. No program can help that. */
function isOfCaller(error: unknown): boolean {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && CALLER_WENT.test(code)
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
    if (name !== '__proto__') headers[name] = fields.field(name)
  }
  message.headers = headers
  message.complete = true
  message.push(null)
  return message
}
