import { toFetch } from 'trestle/fetch'
import { serve } from 'trestle/node'
import { toOpenApi } from 'trestle/openapi'
import { describe, expect, it } from 'vitest'
import { cases } from './cases.ts'
import { Connection } from './connection.ts'
import { fixture } from './fixture.ts'
import { type Received, fieldOf } from './received.ts'
import { bytesOf } from './wire.ts'

const quiet = { report: () => {} }
const gets = Object.values(cases)
  .flat()
  .filter(({ raw, method, differs }) => raw === undefined && method === 'GET' && differs === undefined)
  // Only GET has ranges (RFC 9110 §14.2).
  .filter(({ headers }) => headers?.every(([name]) => name !== 'Range') ?? true)

/** Fields that say how a body is framed, which HEAD has not, and those that tell the time. */
const APART = ['date', 'transfer-encoding', 'connection', 'keep-alive']

describe('HEAD is GET without its body, for every GET of the matrix', () => {
  it('over node:http', async () => {
    const server = await serve(fixture, { ...quiet, port: 0, host: '127.0.0.1', quiet: true, signals: false })
    const connection = await Connection.open(server.port)
    const ask = async (one: (typeof gets)[number], method: string): Promise<Received> => {
      connection.write(bytesOf({ ...one, method }))
      const reply = await connection.reply(method)
      if (reply === undefined) throw new Error(`${method} ${one.target}: no reply`)
      return reply
    }
    for (const one of gets) {
      const got = await ask(one, 'GET')
      const head = await ask(one, 'HEAD')
      const fields = ({ headers }: Received) => headers.filter(([name]) => !APART.includes(name))
      expect([one.target, head.status, fields(head)]).toEqual([one.target, got.status, fields(got)])
      expect(head.body).toHaveLength(0)
      expect(fieldOf(head.headers, 'content-length') ?? got.body.length).toEqual(
        fieldOf(got.headers, 'content-length') ?? got.body.length,
      )
    }
    connection.end()
    await server.stop()
  })

  it('in memory', async () => {
    const handle = await toFetch(fixture, quiet)
    for (const one of gets) {
      const ask = (method: string): Promise<Response> => handle(new Request(`http://api.test${one.target}`, { method }))
      const got = await ask('GET')
      const head = await ask('HEAD')
      expect([one.target, head.status, [...head.headers]]).toEqual([one.target, got.status, [...got.headers]])
      expect(await head.text()).toBe('')
    }
  })
})

it('Allow of every path names the methods that its OpenAPI document has, and 405 says the same', async () => {
  const handle = await toFetch(fixture, quiet)
  const paths = Object.entries((await toOpenApi(fixture)).paths as Record<string, object>)
  expect(paths.length).toBeGreaterThan(20)
  for (const [path, item] of paths) {
    const target = `http://api.test${path.replaceAll(/\{[^}]+\}/g, '1')}`
    const declared = Object.keys(item)
      .filter((key) => /^(get|put|post|patch|delete|query)$/.test(key))
      .map((key) => key.toUpperCase())
    const allow = (await handle(new Request(target, { method: 'OPTIONS' }))).headers.get('allow')
    const own = allow?.split(', ').filter((method) => method !== 'HEAD' && method !== 'OPTIONS' && method !== 'QUERY')
    expect([path, own?.toSorted()]).toEqual([path, declared.filter((method) => method !== 'QUERY').toSorted()])
    expect(allow?.includes('HEAD')).toBe(declared.includes('GET'))
    const missing = ['DELETE', 'PATCH', 'PUT', 'POST'].find((method) => !declared.includes(method)) as string
    const refused = await handle(new Request(target, { method: missing }))
    expect([path, refused.status, refused.headers.get('allow')]).toEqual([path, 405, allow])
  }
})
