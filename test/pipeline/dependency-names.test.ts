import { Unauthorized, api, depends, get, post } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { json, onEveryWire } from './wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const

onEveryWire('A dependency', (open) => {
  it('that is used under two names has both', async () => {
    const db = depends({}, () => 'db')
    const both = get('/', { use: { reader: db, writer: db } }, ({ reader, writer }) => ({ reader, writer }))
    const running = await open(api(quiet, { both }))
    expect(await (await running.fetch('/')).json()).toEqual({ reader: 'db', writer: 'db' })
  })

  it('whose value is a thenable is what that resolves to, as with a query builder', async () => {
    const builder = {
      then: (onValue: (rows: number[]) => unknown) => onValue([1, 2]),
    } as PromiseLike<number[]>
    const rows = depends({}, () => builder)
    const sum = depends({ rows }, ({ rows }) => rows.reduce((a, b) => a + b))
    const running = await open(api(quiet, { sum: get('/', { use: { sum } }, ({ sum }) => ({ sum })) }))
    expect(await (await running.fetch('/')).json()).toEqual({ sum: 3 })
  })
})

describe('Overrides', () => {
  it('may put one dependency in the place of two', async () => {
    const primary = depends({}, () => 'primary')
    const replica = depends({}, () => 'replica')
    const fake = depends({}, () => 'fake')
    const read = get('/', { use: { primary, replica } }, ({ primary, replica }) => ({ primary, replica }))
    const test = await createTestClient(api(quiet, { read }), {
      override: [
        [primary, fake],
        [replica, fake],
      ],
    })
    expect(await (await test.fetch('/')).json()).toEqual({ primary: 'fake', replica: 'fake' })
    await test.close()
  })
})

describe('An override of what says who is calling', () => {
  it('is made before the body is read, as what it replaces is', async () => {
    const user = depends({}, () => 'ann', { security: { name: 'token', scheme: { type: 'http', scheme: 'bearer' } } })
    const nobody = depends({}, (): string => {
      throw Unauthorized()
    })
    const write = post('/', { body: z.object({ n: z.int() }), throws: [Unauthorized], use: { user } }, () => ({}))
    const test = await createTestClient(api(quiet, { write }), { override: [[user, nobody]] })
    expect((await test.fetch('/', json({}))).status).toBe(401)
    await test.close()
  })
})

describe('What a dependency uses', () => {
  it.each(['request', 'signal'])('cannot be called %s, which its context has', async (name) => {
    const db = depends({}, () => 'db', { name: 'db' })
    const session = depends({ [name]: db }, () => 'session')
    const started = createTestClient(api(quiet, { read: get('/', { use: { session } }, () => ({})) }))
    await expect(started).rejects.toThrow(`use.session → ${name}: a dependency's context has "${name}" already`)
  })
})
