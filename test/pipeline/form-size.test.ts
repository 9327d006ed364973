import { api, form, post } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

test.each([
  ['without "="', 'a&'],
  ['with the same name', 'a=1&'],
  ['with names of their own', ''],
])('half a million fields %s are read in linear time', async (_what, field) => {
  const shop = api({ one: post('/', { body: form(z.object({ b: z.string().optional() })) }, () => 1) })
  const { fetch, close } = await createTestClient(shop)
  const body =
    field === ''
      ? Array.from({ length: 130_000 }, (_, index) => `k${index}`).join('&')
      : field.repeat(1_000_000 / field.length)
  const began = performance.now()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  expect((await fetch('/', { method: 'POST', headers, body })).status).toBe(200)
  expect(performance.now() - began).toBeLessThan(2000)
  await close()
})
