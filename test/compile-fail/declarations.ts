import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { api, depends, get, group, post, problem } from 'trestle'
import { type AnyDatabase, model } from 'trestle/resources'
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
export const authors = pgTable('authors', { id: serial().primaryKey(), name: text().notNull(), password_hash: text() })
export const author = model(authors, { hide: ['password_hash'] })
export const drizzled = depends({}, () => ({}) as AnyDatabase, { scope: 'app' })
