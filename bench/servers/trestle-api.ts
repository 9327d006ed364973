import { type Api, api, created, get, post } from 'trestle'
import { Hello, HelloParams, Order, OrderFilter, OrderIn, OrderList, UserParams } from '../schemas.ts'
import { locationOf, ordersOf, place } from '../shop.ts'

/** Trestle as its users write it: schemas in and out. */
export const shop: Api = api({
  hello: get('/hello/{name}', { params: HelloParams, returns: Hello }, ({ params }) => ({ hello: params.name })),

  list: get('/users/{id}/orders', { params: UserParams, query: OrderFilter, returns: OrderList }, ({ params, query }) =>
    ordersOf(params.id, query),
  ),

  create: post('/orders', { body: OrderIn, returns: created(Order, { location: locationOf }) }, ({ body }) =>
    place(body),
  ),
})
