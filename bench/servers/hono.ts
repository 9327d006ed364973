import { serve } from '@hono/node-server'
import { zValidator } from '@hono/zod-validator'
import { Hono } from 'hono'
import { HelloParams, OrderFilterText, OrderIn, UserParamsText } from '../schemas.ts'
import { locationOf, ordersOf, place } from '../shop.ts'
import { measured } from './measured.ts'

/** Hono as its users write it: zod through its validator. It has no schemas for replies. */
const app = new Hono()

app.get('/hello/:name', zValidator('param', HelloParams), (c) => c.json({ hello: c.req.valid('param').name }))

app.get('/users/:id/orders', zValidator('param', UserParamsText), zValidator('query', OrderFilterText), (c) =>
  c.json(ordersOf(c.req.valid('param').id, c.req.valid('query'))),
)

app.post('/orders', zValidator('json', OrderIn), (c) => {
  const order = place(c.req.valid('json'))
  c.header('location', locationOf(order))
  return c.json(order, 201)
})

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => measured(server.address()))
