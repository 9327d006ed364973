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
