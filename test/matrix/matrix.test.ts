import type { ClientHttp2Session } from 'node:http2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toFetch } from 'trestle/fetch'
import { type ServeOptions, serve } from 'trestle/node'
import { type Case, type Difference, type Expected, RUNTIMES, type Runtime } from './case.ts'
import { cases } from './cases.ts'
import { type Child, startBun, startDeno } from './children.ts'
import { Connection } from './connection.ts'
import { issuePair } from '../wire/issue-certificate.ts'
import { fixture } from './fixture.ts'
import { askHttp2, openHttp2 } from './h2.ts'
import { ofReceived, ofResponse, verify } from './verify.ts'
import { bytesOf, requestOf } from './wire.ts'

const quiet = { report: () => {} }

async function startHere(more: Partial<ServeOptions>): Promise<Child> {
  const options = { ...quiet, port: 0, host: '127.0.0.1', quiet: true, signals: false, ...more } as const
  const { port, stop } = await serve(fixture, options)
  return { port, stop }
}

const START: Readonly<Record<Exclude<Runtime, 'memory'>, () => Promise<Child>>> = {
  engine: () => startHere({}),
  tls: () => startHere({ tls: issuePair() }),
  h2: () => startHere({ tls: issuePair() }),
  node: () => startHere({ engine: 'node' }),
  bun: startBun,
  deno: startDeno,
}

for (const [topic, list] of Object.entries(cases)) {
  it(`${topic}: each case has a name of its own`, () => {
    expect(new Set(list.map(({ name }) => name)).size).toBe(list.length)
  })
}

describe('in memory', () => {
  const handle = toFetch(fixture, quiet)

  for (const [topic, list] of Object.entries(cases)) {
    const requests = list.filter(({ raw }) => raw === undefined)
    if (requests.length === 0) continue
    describe(topic, () => {
      for (const one of requests) {
        it(one.name, async () => {
          const expected = one.differs?.memory ?? one.reply
          if ('absent' in expected) expect(() => requestOf(one)).toThrow(TypeError)
          else verify(await ofResponse(await (await handle)(requestOf(one))), expected as Expected)
        })
      }
    })
  }
})

for (const runtime of RUNTIMES) {
  if (runtime === 'memory' || runtime === 'h2') continue
  describe(`on ${runtime}`, () => {
    let child: Child
    beforeAll(async () => {
      child = await START[runtime]()
    })
    afterAll(() => child?.stop())

    for (const [topic, list] of Object.entries(cases)) {
      describe(topic, () => {
        for (const one of list) it(one.name, () => run(one, runtime, child.port))
      })
    }
  })
}

describe('on h2', () => {
  let child: Child
  let session: ClientHttp2Session
  beforeAll(async () => {
    child = await START.h2()
    session = openHttp2(child.port)
  })
  afterAll(async () => {
    session?.destroy()
    await child?.stop()
  })

  for (const [topic, list] of Object.entries(cases)) {
    const requests = list.filter(({ raw }) => raw === undefined)
    if (requests.length === 0) continue
    describe(topic, () => {
      for (const one of requests) {
        it(one.name, async () => {
          const expected = one.differs?.h2 ?? one.reply
          if ('absent' in expected) await expect(askHttp2(session, one)).rejects.toThrow()
          else verify(await askHttp2(session, one), secure(one, expected as Expected))
        })
      }
    })
  }
})

/** The same reply over HTTPS: addresses say so, unless the target has named another scheme. */
function secure(one: Case, expected: Expected): Expected {
  if (expected.json === undefined || /^[A-Z]+ http:/.test(one.raw ?? '')) return expected
  return { ...expected, json: JSON.parse(JSON.stringify(expected.json).replaceAll('"http://', '"https://')) }
}

/** Sends a case as it stands and holds every reply to what is expected, then asks whether the connection is still sound. */
async function run(one: Case, runtime: Runtime, port: number): Promise<void> {
  const difference: Difference | undefined = one.differs?.[runtime]
  const connection = await (runtime === 'tls' ? Connection.openSecurely(port) : Connection.open(port))
  try {
    connection.write(bytesOf(one))
    if (one.cut) connection.socket.end()
    const method = one.raw === undefined ? (one.method ?? 'GET') : 'GET'
    if (difference !== undefined && 'closed' in difference) {
      expect(await connection.reply(method)).toBeUndefined()
      expect(await connection.closes()).toBe(true)
      return
    }
    const all = [(difference ?? one.reply) as Expected, ...(difference === undefined ? (one.then ?? []) : [])]
    for (const expected of all) {
      const received = await connection.reply(method)
      if (received === undefined)
        throw new Error(`no reply${connection.ended ? ', closed' : ''}; ${JSON.stringify(connection.rest)}`)
      verify(ofReceived(received), runtime === 'tls' ? secure(one, expected) : expected)
      if (difference !== undefined && 'stray' in difference) {
        expect((await connection.reply(method))?.status, 'what follows is refused').toBe(400)
        expect(await connection.closes(), 'the connection ends').toBe(true)
        return
      }
      await soundAfter(connection, expected, expected === all.at(-1) && one.cut !== true)
    }
  } finally {
    connection.end()
  }
}

/** A reply ends the connection, or leaves it such that the next request is answered as what it is. */
async function soundAfter(connection: Connection, expected: Expected, last: boolean): Promise<void> {
  if (expected.closes) {
    expect(await connection.closes(), 'the connection ends').toBe(true)
    expect(connection.rest, 'nothing comes after the reply').toBe('')
  } else if (expected.waits) {
    expect(connection.ended, 'the connection stays').toBe(false)
  } else if (last) {
    expect(connection.ended, 'the connection stays').toBe(false)
    connection.write('GET /probe HTTP/1.1\r\nHost: api.test\r\n\r\n')
    const next = await connection.reply('GET')
    expect(next?.status, 'the next request is answered').toBe(200)
    expect(next?.body.toString(), 'the next request is answered').toBe('{"ok":true}')
  }
}
