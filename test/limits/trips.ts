import { createClient } from 'redis'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { askAll, startServers } from './run.ts'

/** Questions to a store, and the decisions they were for. */
export interface Trips {
  readonly decisions: number
  readonly trips: number
  readonly faults: readonly string[]
}

/** Before anything is counted, so that all connections are there, and what is prepared is prepared. */
const WARM_UP = 500

/** What counts what the store was asked, until now. */
type Count = () => number | Promise<number>

async function tripsOf(backend: string, decisions: number, count: Count): Promise<Trips> {
  const members = await startServers(1, backend, {})
  try {
    // The limit of this is never reached: none is refused without the store.
    await askAll(members.ports, '/warm', WARM_UP)
    const before = await count()
    const { passed, odd } = await askAll(members.ports, '/warm', decisions)
    const trips = (await count()) - before
    const faults = [...new Set(odd)]
    if (passed !== decisions) faults.push(`${decisions - passed} requests were not let through`)
    if (trips < decisions) faults.push('the store was asked less often than it decided: what is counted is not all')
    // What is swept now and then is no part of a decision.
    if (trips > decisions * 1.01) faults.push('more than one round trip for each decision')
    return { decisions, trips, faults }
  } finally {
    await members.stop()
  }
}

/** By what Redis says of the commands that it got; those of its scripts are no trips. */
export async function tripsToRedis(url: string, decisions: number): Promise<Trips> {
  const client = createClient({ url })
  await client.connect()
  try {
    return await tripsOf(url, decisions, async () => {
      const told = (await client.info('commandstats')).matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)
      const calls = new Map(Array.from(told, ([, name, times]) => [name, Number(times)]))
      // Each script asks for the time once: what else one calls is what it calls with it.
      const scripts = calls.get('time') ?? 0
      const ours = ['evalsha', 'eval', 'time', 'hmget', 'hset', 'pexpire', 'info', 'hello', 'client|setinfo']
      const others = [...calls].filter(([name]) => !ours.includes(name as string)).map(([, times]) => times)
      const inside =
        scripts * 4 -
        (['time', 'hmget', 'hset', 'pexpire'] as const).reduce((sum, name) => sum + (calls.get(name) ?? 0), 0)
      const asked = (calls.get('evalsha') ?? 0) + (calls.get('eval') ?? 0)
      return asked + Math.abs(inside) + others.reduce((sum, times) => sum + times, 0)
    })
  } finally {
    client.destroy()
  }
}

/** By the answers that end a round trip, ReadyForQuery, counted where they pass by. */
export async function tripsToPostgres(url: string, port: number, decisions: number): Promise<Trips> {
  const proxy = await startFaultProxy(port)
  const readers = new WeakMap<object, ReadyForQuery>()
  let trips = 0
  proxy.onReply = (chunk, connection) => {
    const reader = readers.get(connection) ?? new ReadyForQuery()
    readers.set(connection, reader)
    trips += reader.read(chunk)
  }
  try {
    return await tripsOf(url.replace(String(port), String(proxy.port)), decisions, () => trips)
  } finally {
    await proxy.close()
  }
}

/** Counts messages `Z` of one connection: each message is its letter, its length without that in four octets, and the rest. */
class ReadyForQuery {
  /** The part of a head that has come, where a chunk ended inside it, and octets of a message still to come. */
  #head: Buffer = Buffer.alloc(0)
  #missing = 0

  read(chunk: Buffer): number {
    let count = 0
    let rest = chunk
    while (rest.length > 0) {
      const skipped = Math.min(this.#missing, rest.length)
      this.#missing -= skipped
      rest = rest.subarray(skipped)
      const head = Buffer.concat([this.#head, rest.subarray(0, 5 - this.#head.length)])
      rest = rest.subarray(head.length - this.#head.length)
      this.#head = head
      if (head.length < 5) break
      if (head[0] === 0x5a) count++
      this.#missing = head.readInt32BE(1) - 4
      this.#head = Buffer.alloc(0)
    }
    return count
  }
}
