import { api, get, versions } from 'trestle'
import { createClient } from 'trestle/client'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const shop = api(
  versions(
    {
      one: { read: get('/{id}', { returns: z.object({ total: z.number() }) }, () => ({ total: 1 })) },
      two: api(
        { title: 'Two' },
        { read: get('/{id}', { returns: z.object({ total: z.string() }) }, () => ({ total: '1' })) },
      ),
    },
    { default: 'one' },
  ),
)
const client = createClient<typeof shop>('http://api.test')

expectTypeOf(client.one.read({ params: { id: '7' } })).resolves.toEqualTypeOf<{ total: number }>()
expectTypeOf(client.two.read({ params: { id: '7' } })).resolves.toEqualTypeOf<{ total: string }>()

// @ts-expect-error there is no such version
void client.three

// @ts-expect-error the default is one of them
versions({ one: {} }, { default: 'two' })
