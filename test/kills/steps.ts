/**
 * The steps in the life of a request at which a process can die, seen from outside: each is a statement, a call of a
 * store, a stage of a policy, or bytes on a socket, and the process is killed right before or right after it.
 */
import { Socket } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Middleware, Policy } from 'trestle'
import { policy } from 'trestle'
import type { ReplayStore } from 'trestle/policies'

/** Whatever the records are kept in. */
export const COMMON_STEPS = [
  'request:after',
  'decoded:before',
  'effect:before',
  'effect:after',
  'encode:before',
  'middleware:before',
  'write:before',
  'write:after',
] as const

/** Where they are kept in a store of their own. */
export const STORE_STEPS = ['begin:before', 'begin:after', 'finish:before', 'finish:after', ...COMMON_STEPS] as const

/** Where they are kept in the handler's transaction. */
export const TRANSACTION_STEPS = [
  'BEGIN:before',
  'BEGIN:after',
  'claim:before',
  'claim:after',
  'record:before',
  'record:after',
  'COMMIT:before',
  'COMMIT:after',
  ...COMMON_STEPS,
] as const

export type Step = (typeof STORE_STEPS)[number] | (typeof TRANSACTION_STEPS)[number]

/** Where this process dies; a request says so. */
let armed: string | undefined

function at(step: string): void {
  if (step === armed) process.kill(process.pid, 'SIGKILL')
}

function around<T>(name: string | undefined, work: () => T): T {
  if (name === undefined) return work()
  at(`${name}:before`)
  const given = work()
  if (!(given instanceof Promise)) {
    at(`${name}:after`)
    return given
  }
  return given.then((value) => {
    at(`${name}:after`)
    return value
  }) as T
}

/** Outermost: reads where to die, and dies when the reply is made and nothing of it sent. */
export const killing: Middleware = async (context, next) => {
  armed = context.request.header('x-kill')
  at('request:after')
  const given = await next(context)
  at('middleware:before')
  return given
}

/** Dies when the input is valid, and when the reply is encoded. */
export const killingPolicy: Policy = policy('killing', {}, () => ({
  replay: () => void at('decoded:before'),
  encode: () => void at('encode:before'),
}))

export function effect<T>(work: () => T): T {
  return around('effect', work)
}

export function killingStore(store: ReplayStore): ReplayStore {
  return {
    begin: (...of) => around('begin', () => store.begin(...of)),
    finish: (...of) => around('finish', () => store.finish(...of)),
    forget: (...of) => store.forget(...of),
  }
}

const STATEMENTS: readonly (readonly [RegExp, string])[] = [
  [/^BEGIN/, 'BEGIN'],
  [/^COMMIT/, 'COMMIT'],
  [/^SELECT .*trestle_claim|^SELECT 1 AS claimed/s, 'claim'],
  [/^INSERT INTO trestle_replies AS/, 'record'],
]

function nameOf(statement: unknown): string | undefined {
  return STATEMENTS.find(([form]) => form.test(String(statement)))?.[1]
}

/** A pool whose connections die at statements. */
export class KillingPool extends pg.Pool {
  readonly #known = new WeakSet<pg.PoolClient>()

  override connect(): Promise<pg.PoolClient>
  override connect(callback: (error?: Error, client?: pg.PoolClient, done?: (release?: unknown) => void) => void): void
  override connect(callback?: (...of: never[]) => void): Promise<pg.PoolClient> | void {
    // What pool.query() calls.
    if (callback !== undefined) return super.connect(callback as never)
    return super.connect().then((client) => {
      if (this.#known.has(client)) return client
      this.#known.add(client)
      const { query } = client
      const wrapped = (...of: unknown[]): unknown => around(nameOf(of[0]), () => query.apply(client, of as never))
      return Object.assign(client, { query: wrapped })
    })
  }
}

/** A connection that dies at statements. */
export class KillingDatabase extends DatabaseSync {
  override exec(sql: string): void {
    return around(nameOf(sql), () => super.exec(sql))
  }

  override prepare(sql: string): ReturnType<DatabaseSync['prepare']> {
    const statement = super.prepare(sql)
    const name = nameOf(sql)
    if (name === undefined) return statement
    const all = statement.all.bind(statement) as (...of: unknown[]) => never
    return Object.assign(statement, { all: (...of: unknown[]) => around(name, () => all(...of)) })
  }
}

/** Dies at the first bytes of a reply. */
export function killAtWrites(): void {
  const { write } = Socket.prototype
  Socket.prototype.write = function (this: Socket, ...of: unknown[]) {
    const isReply = Buffer.from(of[0] as string).toString('latin1', 0, 12) === 'HTTP/1.1 201'
    return around(isReply ? 'write' : undefined, () => Reflect.apply(write, this, of))
  } as typeof write
}
