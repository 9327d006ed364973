import type { Api } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { serve } from 'trestle/node'
import { afterEach, describe } from 'vitest'

/** What was reported and not sent. */
export interface Failure {
  readonly error: unknown
  readonly operation: string | undefined
}

/** An API that runs, on whichever wire. */
export interface Running {
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
  readonly failures: readonly Failure[]
  /** The port, where it listens. */
  readonly port: number | undefined
  readonly close: () => Promise<void>
}

export type Open = (api: Api) => Promise<Running>

async function inMemory(api: Api): Promise<Running> {
  const failures: Failure[] = []
  const handle = await toFetch(api, { report: (error, { operation }) => failures.push({ error, operation }) })
  return {
    fetch: (path, init) => handle(new Request(`http://api.test${path}`, init)),
    failures,
    port: undefined,
    close: handle.close,
  }
}

async function overHttp(api: Api): Promise<Running> {
  const failures: Failure[] = []
  const { port, stop } = await serve(api, {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    deadline: 500,
    report: (error, { operation }) => failures.push({ error, operation }),
  })
  return { fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init), failures, port, close: stop }
}

/** Runs a suite in memory and over node:http. What it opens is closed after each test. */
export function onEveryWire(title: string, suite: (open: Open, wire: string) => void): void {
  describe.each([
    ['in memory', inMemory],
    ['over node:http', overHttp],
  ] as const)(`${title}, %s`, (wire, start) => suite(closing(start), wire))
}

/** Runs a suite over node:http alone: what it is about needs a connection. */
export function overNode(title: string, suite: (open: Open) => void): void {
  describe(title, () => suite(closing(overHttp)))
}

function closing(start: Open): Open {
  const running = new Set<Running>()
  afterEach(async () => {
    for (const one of running) await one.close()
    running.clear()
  })
  return async (api) => {
    const one = await start(api)
    running.add(one)
    return one
  }
}

/** A value that somebody else decides on. */
export function deferred<T = void>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>()
}

/** The body of a POST of JSON. */
export function json(body: unknown): RequestInit {
  return raw(JSON.stringify(body))
}

/** The body of a POST that says it is JSON. */
export function raw(body: string | Uint8Array<ArrayBuffer>): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body }
}

/** The body of a POST of a form. */
export function formOf(body: string): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
}

/** Status and problem code of a reply. */
export async function outcome(reply: Response): Promise<readonly [status: number, code: string | undefined]> {
  const body = await reply.text()
  const isProblem = reply.headers.get('content-type') === 'application/problem+json'
  return [reply.status, isProblem ? JSON.parse(body).code : undefined]
}
