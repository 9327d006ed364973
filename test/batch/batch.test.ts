import { api, get, post } from 'trestle'
import { batch } from 'trestle/batch'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'

test('try', async () => {
  const app = api({
    hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })),
    say: post('/say', () => 'x'),
    batch: batch(),
  })
  const test = await createTestClient(app)
  const given = await test.client.batch({
    body: {
      requests: [
        { path: '/hello/a', id: 'a' },
        { path: '/hello/{a#/body/hello}-b' },
        { path: '/nope' },
        { method: 'POST', path: '/say' },
      ],
    },
  })
  expect(given).toEqual({})
})
