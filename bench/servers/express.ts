import express, { type Response } from 'express'
import { Hello, HelloParams, Order, OrderFilter, OrderIn, OrderList, UserParams } from '../compiled.ts'
import { locationOf, ordersOf, place } from '../shop.ts'
import { measured } from './measured.ts'

/** Express as its users write it: express.json() and zod by hand, on the way in and out. */
const app = express()
app.use(express.json())

app.get('/hello/:name', (request, response) => {
  const params = HelloParams.safeParse(request.params)
  if (!params.success) return refuse(response, params.error.issues)
  response.json(Hello.parse({ hello: params.data.name }))
})

app.get('/users/:id/orders', (request, response) => {
  const params = UserParams.safeParse(request.params)
  if (!params.success) return refuse(response, params.error.issues)
  const filter = OrderFilter.safeParse(request.query)
  if (!filter.success) return refuse(response, filter.error.issues)
  response.json(OrderList.parse(ordersOf(params.data.id, filter.data)))
})

app.post('/orders', (request, response) => {
  const body = OrderIn.safeParse(request.body)
  if (!body.success) return refuse(response, body.error.issues)
  const order = Order.parse(place(body.data))
  response.status(201).location(locationOf(order)).json(order)
})

function refuse(response: Response, issues: readonly object[]): void {
  response.status(400).json({ errors: issues })
}

const server = app.listen(0, '127.0.0.1', () => measured(server.address()))
