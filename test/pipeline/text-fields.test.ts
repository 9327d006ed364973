import { api, get } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

test.each(['null', ''])('"%s" is null where a schema takes null in whatever form it says so', async (text) => {
  const query = z.object({
    nullable: z.int().nullable(),
    union: z.union([z.int(), z.null()]),
    nullish: z.int().nullish(),
  })
  const { fetch } = await createTestClient(api({ read: get('/', { query }, ({ query }) => query) }))
  const reply = await fetch(`/?nullable=${text}&union=${text}&nullish=${text}`)
  expect(await reply.json()).toEqual({ nullable: null, union: null, nullish: null })
})

test('a text that may be null is text, whatever it says', async () => {
  const query = z.object({ note: z.string().nullable() })
  const { fetch } = await createTestClient(api({ read: get('/', { query }, ({ query }) => query) }))
  expect(await (await fetch('/?note=null')).json()).toEqual({ note: 'null' })
})
