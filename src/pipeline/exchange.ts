import type { Counted } from './admit.ts'
import type { BaseContext } from '../contract/context.ts'
import type { MiddlewareContext } from '../contract/hooks.ts'
import type { Computed, PolicyContext } from '../contract/policy.ts'
import type { Principal } from '../contract/principal.ts'
import type { Incoming } from './incoming.ts'
import type { Releases } from './dependencies.ts'
import type { Joint } from './joint.ts'
import type { Endpoint } from './stages.ts'
import type { WireReply } from './reply.ts'

const NOBODY: PolicyContext['callers'] = []

/**
 * One request on its way through the pipeline, and the state of each stage. Handlers and hooks see its
 * `context`; middleware sees itself as a `MiddlewareContext`, policies as a `PolicyContext`.
 */
export class Exchange implements MiddlewareContext {
  readonly request: Incoming
  /** undefined until a route matched. */
  endpoint: Endpoint | undefined = undefined
  /** How many layers of middleware were passed on the way in. */
  depth = 0
  /** Values of path parameters, decoded, in the order of the path. */
  pathValues: readonly string[] = []
  readonly context: Context
  /** Who is calling, once a security dependency has said so. */
  principal: Principal | undefined = undefined
  /** The ids that its security dependencies give. */
  callers: PolicyContext['callers'] = NOBODY
  /** The handler, or a hook before it, was called. */
  handled = false
  /** What the handler returned. */
  result: unknown = undefined
  /** Set once there is an answer; stages that would make one leave it alone. */
  reply: WireReply | undefined = undefined
  /** Values of dependencies by slot. */
  made: unknown[] | undefined = undefined
  /** What is to be released after the reply. */
  releases: Releases | undefined = undefined
  /** What the handler and all around it come to, while they run. */
  running: Promise<unknown> | undefined = undefined
  /** What the handler alone comes to, where middleware stands around it and there is a time limit. */
  working: Promise<unknown> | undefined = undefined
  /** Gives middleware a reply in the handler's place. */
  interrupt: ((reply: WireReply) => void) | undefined = undefined
  /** The sending of a body that comes in pieces: it settles when their source has ended. It never rejects. */
  sending: Promise<void> | undefined = undefined
  /** The reply is sent, or nobody waits for it. */
  over = false
  tasks: (() => unknown)[] | undefined = undefined
  /** Called for a task that comes when nobody would look for it any more: its handler outlived the reply. */
  onLateTask: ((x: Exchange) => void) | undefined = undefined
  /** What ends before the reply is sent is ending, such as a transaction: what comes of it is the reply. */
  isConcluding = false
  /** What went wrong, for what is released. */
  failure: Error | undefined = undefined
  /** With which others it has its effect, or none; undefined where it is on its own. */
  joint: Joint | undefined = undefined
  /** The body, while it is waited for. */
  awaited: Promise<unknown> | undefined = undefined
  /** Counts it as work, where somebody does. */
  counted: Counted | undefined = undefined
  #notes: Map<object, unknown> | undefined = undefined
  /** Since when it is. */
  #awaitsSince: number | undefined = undefined
  /** Milliseconds for which it was. */
  #awaited = 0
  #abort: AbortController | undefined = undefined
  #aborted: Error | undefined = undefined

  constructor(request: Incoming) {
    this.request = request
    this.context = new Context(this)
  }

  get operation(): string | undefined {
    return this.endpoint?.id
  }

  get params(): unknown {
    return this.context.params
  }

  get query(): unknown {
    return this.context.query
  }

  get body(): unknown {
    return this.context.body
  }

  /** For policies: runs the endpoint apart from this request. */
  get compute(): () => Promise<Computed> {
    return () => (this.endpoint as Endpoint).compute(this)
  }

  /** Of policies, for their later stages. */
  get notes(): Map<object, unknown> {
    this.#notes ??= new Map()
    return this.#notes
  }

  /** Waits for the body. The time that takes is the caller's. */
  awaitBody<T>(body: Promise<T>): Promise<T> {
    this.#awaitsSince = performance.now()
    this.awaited = body
    this.counted?.awaits(body)
    const ended = (): void => {
      this.awaited = undefined
      this.#awaited = this.bodyTime
      this.#awaitsSince = undefined
    }
    body.then(ended, ended)
    return body
  }

  /** Milliseconds for which the body was waited for until now. */
  get bodyTime(): number {
    return this.#awaitsSince === undefined ? this.#awaited : this.#awaited + performance.now() - this.#awaitsSince
  }

  /** Made only for who looks at it: a controller costs more than the rest of an exchange. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#aborted !== undefined) this.#abort.abort(this.#aborted)
    }
    return this.#abort.signal
  }

  get aborted(): Error | undefined {
    return this.#aborted
  }

  /** Tells whoever listens that nobody waits for the reply any more. */
  abort(reason: Error): void {
    if (this.#aborted !== undefined) return
    this.#aborted = reason
    this.#abort?.abort(reason)
  }

  get background(): (task: () => unknown) => void {
    return (task) => {
      this.tasks ??= []
      this.tasks.push(task)
      this.onLateTask?.(this)
    }
  }
}

/** What handlers and hooks get. Dependencies are added to it by name. */
export class Context implements BaseContext {
  readonly #exchange: Exchange
  readonly request: Incoming
  params: unknown = undefined
  query: unknown = undefined
  headers: unknown = undefined
  cookies: unknown = undefined
  body: unknown = undefined

  constructor(exchange: Exchange) {
    this.#exchange = exchange
    this.request = exchange.request
  }

  get signal(): AbortSignal {
    return this.#exchange.signal
  }

  get operation(): string {
    return this.#exchange.operation as string
  }

  get background(): (task: () => unknown) => void {
    return this.#exchange.background
  }
}
