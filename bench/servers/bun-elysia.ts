import { Elysia, t } from 'elysia'
import { locationOf, ordersOf, place } from '../shop.ts'
import { measured } from './measured.ts'

/** Elysia on Bun as its users write it: TypeBox in and out. */
const id = t.Integer({ minimum: 1 })
const status = t.Union([t.Literal('open'), t.Literal('paid'), t.Literal('sent')])
const item = t.Object({
  sku: t.String({ minLength: 1, maxLength: 64 }),
  qty: t.Integer({ minimum: 1 }),
  price: t.Number({ minimum: 0 }),
})
const address = t.Object({
  street: t.String({ minLength: 1, maxLength: 200 }),
  city: t.String({ minLength: 1, maxLength: 200 }),
  zip: t.String({ minLength: 1, maxLength: 12 }),
  country: t.String({ minLength: 2, maxLength: 2 }),
})
const order = {
  customer_id: id,
  items: t.Array(item, { minItems: 1 }),
  notes: t.Optional(t.String({ maxLength: 1000 })),
  address,
}

const app = new Elysia()
  .get('/hello/:name', ({ params }) => ({ hello: params.name }), {
    params: t.Object({ name: t.String({ minLength: 1, maxLength: 64 }) }),
    response: t.Object({ hello: t.String() }),
  })
  // Its types tell an absent field from one that is undefined; the replies do not.
  .get('/users/:id/orders', ({ params, query }) => ordersOf(params.id, query as never) as never, {
    params: t.Object({ id }),
    query: t.Object({
      limit: t.Integer({ minimum: 1, maximum: 100, default: 20 }),
      status: t.Optional(status),
      total_min: t.Optional(t.Number({ minimum: 0 })),
    }),
    response: t.Object({
      user_id: id,
      limit: t.Integer(),
      status: t.Optional(status),
      total_min: t.Optional(t.Number()),
      orders: t.Array(t.Object({ id, status, total: t.Number(), placed_at: t.String() })),
    }),
  })
  .post(
    '/orders',
    ({ body, set }) => {
      const placed = place(body as never)
      set.status = 201
      set.headers.location = locationOf(placed)
      return placed as never
    },
    { body: t.Object(order), response: { 201: t.Object({ id, status, total: t.Number(), ...order }) } },
  )
  .listen({ port: 0, hostname: '127.0.0.1' })

measured(app.server?.port ?? null)
