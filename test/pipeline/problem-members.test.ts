import { api, errorEnvelope, get, problem } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

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
