import { zValidator } from '@hono/zod-validator'
import { Hono } from 'hono'
import type { ZodType } from 'zod'
import { Hello, HelloParams, Order, OrderFilter, OrderIn, OrderList, UserParams } from '../compiled.ts'
import { locationOf, ordersOf, place } from '../shop.ts'

/** Hono as its users write it: zod through its validator. Replies it does not look at, so they go through zod by hand. */
export const app = new Hono()

app.get('/hello/:name', valid('param', HelloParams), (c) => c.json(Hello.parse({ hello: c.req.valid('param').name })))

app.get('/users/:id/orders', valid('param', UserParams), valid('query', OrderFilter), (c) =>
  c.json(OrderList.parse(ordersOf(c.req.valid('param').id, c.req.valid('query')))),
)

app.post('/orders', valid('json', OrderIn), (c) => {
  const order = Order.parse(place(c.req.valid('json')))
  c.header('location', locationOf(order))
  return c.json(order, 201)
})

/** Its validator calls `safeParseAsync` unless told, and zod does not run compiled schemas then. */
function valid<const Target extends 'param' | 'query' | 'json', S extends ZodType>(target: Target, schema: S) {
  return zValidator(target, schema, undefined, { validationFunction: (own, value) => own.safeParse(value) as never })
}
