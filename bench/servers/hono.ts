import { serve } from '@hono/node-server'
import { zValidator } from '@hono/zod-validator'
import { Hono } from 'hono'
import { Hello, HelloParams, Order, OrderFilterText, OrderIn, OrderList, UserParamsText } from '../schemas.ts'
import { locationOf, ordersOf, place } from '../shop.ts'
import { measured } from './measured.ts'

/** Hono as its users write it: zod through its validator. Replies it does not look at, so they go through zod by hand. */
const app = new Hono()

app.get('/hello/:name', zValidator('param', HelloParams), (c) =>
  c.json(Hello.parse({ hello: c.req.valid('param').name })),
)

app.get('/users/:id/orders', zValidator('param', UserParamsText), zValidator('query', OrderFilterText), (c) =>
  c.json(OrderList.parse(ordersOf(c.req.valid('param').id, c.req.valid('query')))),
)

app.post('/orders', zValidator('json', OrderIn), (c) => {
  const order = Order.parse(place(c.req.valid('json')))
  c.header('location', locationOf(order))
  return c.json(order, 201)
})

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => measured(server.address()))
