import { api, depends, get, group, post, problem } from 'trestle'
import { z } from 'zod'

/** What the cases use. */
export const Order = z.object({ id: z.string(), total: z.int(), status: z.enum(['open', 'paid']) })
export const OutOfStock = problem('out_of_stock', { status: 409, extra: z.object({ sku: z.string() }) })
export const db = depends({}, () => ({ read: (id: string) => ({ id, total: 1, status: 'open' as const }) }), {
  scope: 'app',
})
export const shop = api({
  orders: group('/orders', {
    read: get('/{id}', { params: z.object({ id: z.string() }), returns: Order }),
    create: post('/', { body: Order.omit({ id: true }), returns: Order }),
  }),
})
