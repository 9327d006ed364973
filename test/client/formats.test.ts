import { createClient } from 'trestle/client'
import { toFetch } from 'trestle/fetch'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seen, shop } from './formats.ts'

let handle: Awaited<ReturnType<typeof toFetch>>
beforeAll(async () => {
  handle = await toFetch(shop, { report: () => {} })
})
afterAll(() => handle.close())

describe.each([
  ['by the contract', () => ({ fetch: handle, contract: shop })],
  ['by its description', () => ({ fetch: handle })],
])('A client, %s', (_, options) => {
  const client = () => createClient<typeof shop>('http://local', options())

  test('asks for JSON, wherever else there is', async () => {
    expect(await client().read()).toEqual({ id: 1 })
    expect(seen.fields.at(-1)).toBe('application/json, */*;q=0.5')
    const found = []
    for await (const { id } of client().list.items()) found.push(id)
    expect(found).toEqual([1, 2])
  })

  test('sends the first of several bodies', async () => {
    expect(await client().make({ body: { id: 5 } })).toEqual({ id: 5 })
    expect(seen.fields.at(-1)).toBe('application/json')
  })

  test('sends and receives XML as text', async () => {
    expect(await client().feed({ body: '<a><id>7</id></a>' })).toContain('<id>7</id>')
  })

  test('gives rows when they come', async () => {
    seen.fails = false
    const found = []
    for await (const row of await client().lines()) found.push(row)
    expect(found).toHaveLength(3000)
    expect(found.at(-1)).toEqual({ id: 3000, day: 'ü'.repeat(20) })
    for await (const row of await client().array()) expect(row).toEqual({ id: 1, day: 'a' })
    for await (const _row of await client().none()) throw new Error('there are none')
  })

  test('leaves rows in the middle', async () => {
    for await (const row of await client().lines()) {
      expect(row.id).toBe(1)
      break
    }
  })

  test('says that rows broke off', async () => {
    seen.fails = true
    const read = async () => {
      for await (const row of await client().lines()) expect(row.id).toBeLessThan(2000)
    }
    await expect(read()).rejects.toThrow(
      'lines: GET http://local/lines answered 200 with rows that cannot be read to their end',
    )
    seen.fails = false
  })

  test('reads another form as text, where its caller asks for it', async () => {
    const text = await client().read(undefined, { headers: { accept: 'application/xml' } })
    expect(String(text)).toContain('<id>1</id>')
  })
})
