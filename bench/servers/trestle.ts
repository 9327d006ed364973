import { api, created, get, post } from 'trestle'
import { serve } from 'trestle/node'
import { Hello, HelloParams, Order, OrderFilter, OrderIn, OrderList, UserParams } from '../schemas.ts'
import { locationOf, ordersOf, place } from '../shop.ts'
import { measured } from './measured.ts'

/** Trestle as its users write it: schemas in and out. */
const shop = api({
  hello: get('/hello/{name}', { params: HelloParams, returns: Hello }, ({ params }) => ({ hello: params.name })),

  list: get('/users/{id}/orders', { params: UserParams, query: OrderFilter, returns: OrderList }, ({ params, query }) =>
    ordersOf(params.id, query),
  ),

  create: post('/orders', { body: OrderIn, returns: created(Order, { location: locationOf }) }, ({ body }) =>
    place(body),
  ),
})

const server = await serve(shop, { port: 0, host: '127.0.0.1', quiet: true })
measured(server.port)
