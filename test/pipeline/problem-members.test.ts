import { type } from 'arktype'
import { api, errorEnvelope, get, problem } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import * as v from 'valibot'
import { z } from 'zod'
import * as mini from 'zod/mini'

test('a member of a problem cannot be called what every problem document has', async () => {
  const NotOpen = problem('not_open', { status: 409, extra: z.object({ status: z.string(), sku: z.string() }) })
  const shop = api({ pay: get('/pay', { throws: [NotOpen] }, () => 1) })
  await expect(createTestClient(shop)).rejects.toThrow(
    'throws not_open.status: every problem document has a member "status" of its own',
  )
})

test.each([
  ['problem documents', undefined, { sku: 'tea' }],
  ['the envelope', errorEnvelope, { error: { details: { sku: 'tea' } } }],
])('what a problem does not declare is not sent, in %s', async (_name, errors, sent) => {
  const Gone = problem('gone_for_good', { status: 410, extra: z.object({ sku: z.string() }) })
  const shop = api(errors === undefined ? {} : { errors }, {
    one: get('/', { throws: [Gone] }, () => {
      throw Gone({ sku: 'tea', cost: 3 } as { sku: string })
    }),
  })
  const { fetch, close } = await createTestClient(shop)
  const body = await (await fetch('/')).json()
  expect(body).toMatchObject(sent)
  expect(JSON.stringify(body)).not.toContain('cost')
  await close()
})

test('a member with a codec is encoded, as in any reply', async () => {
  const Day = z.codec(z.iso.date(), z.date(), {
    decode: (day) => new Date(day),
    encode: (day) => day.toISOString().slice(0, 10),
  })
  const Full = problem('full', { status: 409, extra: z.object({ until: Day }) })
  const shop = api({
    one: get('/', { throws: [Full] }, () => {
      throw Full({ until: new Date(0), by: 'nobody' } as { until: Date })
    }),
  })
  const { fetch, close } = await createTestClient(shop)
  expect(await (await fetch('/')).json()).toEqual({
    type: 'about:blank',
    title: 'Full',
    status: 409,
    code: 'full',
    until: '1970-01-01',
  })
  await close()
})

const extras = {
  zod: z.object({ sku: z.string() }),
  'zod/mini': mini.object({ sku: mini.string() }),
  valibot: v.object({ sku: v.string() }),
  arktype: type({ sku: 'string', 'of?': { sku: 'string' } }),
}

test.each(Object.entries(extras))('what a problem of %s does not declare is not sent', async (_, extra) => {
  const GoneNow = problem('gone_now', { status: 410, extra })
  const Other = problem('other', { status: 410, extra })
  const given = { sku: 'tea', password_hash: 'hunter2', of: { sku: 'mate', password_hash: 'hunter2' } } as {
    sku: string
  }
  const shop = api({
    declared: get('/declared', { throws: [GoneNow] }, () => {
      throw GoneNow(given)
    }),
    undeclared: get('/undeclared', () => {
      throw Other(given)
    }),
  })
  const { fetch, close } = await createTestClient(shop)
  for (const path of ['/declared', '/undeclared', '/declared']) {
    const reply = await fetch(path)
    expect(reply.status).toBe(410)
    const body = await reply.text()
    expect(JSON.parse(body)).toMatchObject({ sku: 'tea' })
    expect(body).not.toContain('hunter2')
  }
  await close()
})

test('a member with a codec of zod/mini is encoded, where nothing else is of zod', async () => {
  const Day = mini.codec(mini.iso.date(), mini.date(), {
    decode: (day) => new Date(day),
    encode: (day) => day.toISOString().slice(0, 10),
  })
  const Full = problem('full', { status: 409, extra: mini.object({ until: Day }) })
  const shop = api({
    one: get('/', { throws: [Full] }, () => {
      throw Full({ until: new Date(0) })
    }),
  })
  const { fetch, close } = await createTestClient(shop)
  expect(await (await fetch('/')).json()).toMatchObject({ code: 'full', until: '1970-01-01' })
  await close()
})

test('members that ask somebody are left out, and end nothing', async () => {
  const unheard: unknown[] = []
  const hear = (error: unknown): void => void unheard.push(error)
  process.on('unhandledRejection', hear)
  const Slow = problem('slow', {
    status: 409,
    extra: z.object({ sku: z.string().refine(() => Promise.reject(new Error('away'))) }),
  })
  const shop = api({
    one: get('/', { throws: [Slow] }, () => {
      throw Slow({ sku: 'tea' })
    }),
  })
  const { fetch, close } = await createTestClient(shop)
  for (const _time of [1, 2]) {
    const reply = await fetch('/')
    expect([reply.status, Object.keys(await reply.json())]).toEqual([409, ['type', 'title', 'status', 'code']])
  }
  await new Promise((resolve) => setTimeout(resolve, 5))
  process.off('unhandledRejection', hear)
  expect(unheard).toEqual([])
  await close()
})
