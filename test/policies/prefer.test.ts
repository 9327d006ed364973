import { NotFound, api, created, get, group, put, post, reply, stream } from 'trestle'
import { toOpenApi } from 'trestle/openapi'
import { idempotent, prefer, preferences } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readPreferences } from '../../src/policies/preferences.ts'
import { onEveryWire } from '../pipeline/wires.ts'

const Order = z.object({ id: z.string() })
const policies = [prefer()]

const shop = api({
  orders: group('/orders', { policies }, { read: get('/{id}', { returns: Order }, ({ params }) => params) }),
  create: post('/orders', { returns: created(Order), policies: [prefer(), idempotent({ required: false })] }, () => ({
    id: '7',
  })),
  change: put('/orders/{id}', { returns: Order, policies }, ({ params }) => params),
  nothing: put('/nothing', { policies }, () => undefined),
  pieces: post('/pieces', { returns: stream('text/plain'), policies }, async function* () {
    yield 'a'
  } as never),
  missing: put('/missing', { throws: [NotFound], policies }, () => {
    throw NotFound()
  }),
  strict: put('/strict', { returns: z.unknown(), use: { preferences }, policies }, ({ preferences }) => {
    const { all, ...rest } = preferences
    const applied =
      preferences.handling === undefined ? {} : { 'preference-applied': `handling=${preferences.handling}` }
    return reply(200, { ...rest, all: Object.fromEntries(all) }, applied)
  }),
})

const told = ({ status, headers }: Response): readonly unknown[] => [
  status,
  headers.get('preference-applied'),
  headers.get('content-type'),
  headers.get('vary'),
]

onEveryWire('Prefer', (open) => {
  it('has writes give nothing back, or all', async () => {
    const { fetch } = await open(shop)
    const ask = async (method: string, path: string, prefer?: string): Promise<readonly unknown[]> => {
      const given = await fetch(path, { method, ...(prefer !== undefined && { headers: { prefer } }) })
      return [...told(given), await given.text()]
    }
    const json = 'application/json'
    expect(await ask('PUT', '/orders/7')).toEqual([200, null, json, 'Prefer', '{"id":"7"}'])
    expect(await ask('PUT', '/orders/7', 'return=minimal')).toEqual([204, 'return=minimal', null, 'Prefer', ''])
    expect(await ask('PUT', '/orders/7', 'foo; x=1, Return = "minimal"')).toEqual([
      204,
      'return=minimal',
      null,
      'Prefer',
      '',
    ])
    expect(await ask('PUT', '/orders/7', 'return=representation')).toEqual([
      200,
      'return=representation',
      json,
      'Prefer',
      '{"id":"7"}',
    ])
    for (const other of ['return=none', 'return', 'respond-async', 'return=minimal x']) {
      expect(await ask('PUT', '/orders/7', other)).toEqual([200, null, json, 'Prefer', '{"id":"7"}'])
    }
    expect(await ask('POST', '/orders', 'return=minimal')).toEqual([201, 'return=minimal', null, 'Prefer', ''])
    expect(await ask('PUT', '/nothing', 'return=representation')).toEqual([204, null, null, 'Prefer', ''])
  })

  it('keeps the address of what was made', async () => {
    const { fetch } = await open(shop)
    const given = await fetch('/orders', { method: 'POST', headers: { prefer: 'return=minimal' } })
    expect(given.headers.get('location')).toBe('/orders/7')
  })

  it('leaves reads, failures and what comes in pieces as they are', async () => {
    const { fetch } = await open(shop)
    const headers = { prefer: 'return=minimal' }
    const read = await fetch('/orders/7', { headers })
    expect([...told(read), await read.json()]).toEqual([200, null, 'application/json', null, { id: '7' }])
    const missing = await fetch('/missing', { method: 'PUT', headers })
    expect(told(missing)).toEqual([404, null, 'application/problem+json', null])
    const pieces = await fetch('/pieces', { method: 'POST', headers })
    expect([...told(pieces), await pieces.text()]).toEqual([200, null, 'text/plain', 'Prefer', 'a'])
  })

  it('is read by handlers, who say what they did beside it', async () => {
    const { fetch } = await open(shop)
    const ask = (prefer: string) => fetch('/strict', { method: 'PUT', headers: { prefer } })
    const strict = await ask('handling=strict, wait=10, respond-async, Priority="a \\"b\\""')
    expect(strict.headers.get('preference-applied')).toBe('handling=strict')
    expect(await strict.json()).toEqual({
      handling: 'strict',
      wait: 10,
      respondAsync: true,
      all: { handling: 'strict', wait: '10', 'respond-async': '', priority: 'a "b"' },
    })
    const both = await ask('handling=lenient, return=minimal')
    expect([both.status, both.headers.get('preference-applied')]).toEqual([204, 'handling=lenient, return=minimal'])
  })
})

describe('Prefer', () => {
  it('is said once in a reply that comes again', async () => {
    const { fetch, close } = await createTestClient(shop)
    const headers = { prefer: 'return=minimal', 'idempotency-key': 'one' }
    const pay = () => fetch('/orders', { method: 'POST', headers })
    const [first, again] = [await pay(), await pay()]
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(told(again)).toEqual(told(first))
    await close()
  })

  it('gives a client that asks for nothing nothing', async () => {
    const { client, close } = await createTestClient(shop)
    const options = { headers: { prefer: 'return=minimal' } }
    expect(await client.create(undefined, options)).toBe(undefined)
    expect((await client.change.reply({ params: { id: '7' } }, options)).status as number).toBe(204)
    expect(await client.create()).toEqual({ id: '7' })
    await close()
  })

  it('is in the documentation, with the reply of nothing', async () => {
    const { paths } = await toOpenApi(shop)
    const change = paths['/orders/{id}']?.put
    expect(change?.parameters?.map(({ name }) => name)).toEqual(['id', 'Prefer'])
    expect(Object.keys(change?.responses ?? {}).filter((status) => status < '300')).toEqual(['200', '204'])
    expect(Object.keys(paths['/orders']?.post?.responses ?? {}).filter((status) => status < '300')).toEqual(['201'])
    expect(Object.keys(paths['/orders/{id}']?.get?.responses ?? {})).not.toContain('204')
  })
})

describe('the grammar of Prefer', () => {
  const read = (text: string): object => Object.fromEntries(readPreferences(text).all)

  it.each([
    ['a', { a: '' }],
    ['A=B', { a: 'B' }],
    ['a=""', { a: '' }],
    ['a, a=1', { a: '' }],
    [', a ,, b=1 ,', { a: '', b: '1' }],
    ['a;p=1;q="x,y";;r, b', { a: '', b: '' }],
    ['a = "x\\\\\\"y" ; p , b', { a: 'x\\"y', b: '' }],
    ['__proto__=1', Object.fromEntries([['__proto__', '1']])],
    ['', {}],
    [' \t', {}],
    ['a b', {}],
    ['a=', {}],
    ['a="', {}],
    ['=a', {}],
    ['a;p=', {}],
    ['ä', {}],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected)
  })

  it('reads seconds, and 64 KB in a time that does not grow faster than they', () => {
    expect(['wait=0', 'wait=-1', 'wait=1.5', 'wait=1e3', 'wait'].map((text) => readPreferences(text).wait)).toEqual([
      0,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    for (const text of ['a="'.padEnd(65_536, '\\'), ' '.repeat(65_536), 'a,'.repeat(32_768), 'a;'.repeat(32_768)]) {
      const began = performance.now()
      readPreferences(text)
      expect(performance.now() - began).toBeLessThan(500)
    }
  })
})
