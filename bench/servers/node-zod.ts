import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Hello, HelloParams, Order, OrderFilter, OrderIn, OrderList, UserParams } from '../compiled.ts'
import { locationOf, ordersOf, place } from '../shop.ts'
import { measured } from './measured.ts'
import { decoded, readJson, send } from './node-replies.ts'

/** node:http and no framework, with what a framework is to do: schemas of zod for what comes and for what goes. */
const server = createServer((request, response) => {
  const target = request.url as string
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const [, first, second, third, more] = path.split('/')
  if (request.method === 'GET') {
    if (first === 'hello' && second !== undefined && third === undefined) return hello(second, response)
    if (first === 'users' && third === 'orders' && more === undefined)
      return list(second, new URLSearchParams(target.slice(path.length)), response)
  } else if (request.method === 'POST' && path === '/orders') return create(request, response)
  send(response, 404, { error: 'not found' })
})

function hello(name: string, response: ServerResponse): void {
  const params = HelloParams.safeParse({ name: decoded(name) })
  if (!params.success) return refuse(response, params.error.issues)
  send(response, 200, Hello.parse({ hello: params.data.name }))
}

function list(id: string | undefined, query: URLSearchParams, response: ServerResponse): void {
  const params = UserParams.safeParse({ id })
  if (!params.success) return refuse(response, params.error.issues)
  const filter = OrderFilter.safeParse(Object.fromEntries(query))
  if (!filter.success) return refuse(response, filter.error.issues)
  send(response, 200, OrderList.parse(ordersOf(params.data.id, filter.data)))
}

function create(request: IncomingMessage, response: ServerResponse): void {
  readJson(request, (given) => {
    const body = OrderIn.safeParse(given)
    if (!body.success) return refuse(response, body.error.issues)
    const order = Order.parse(place(body.data))
    send(response, 201, order, locationOf(order))
  })
}

function refuse(response: ServerResponse, issues: readonly object[]): void {
  send(response, 400, { errors: issues })
}

server.listen(0, '127.0.0.1', () => measured(server.address()))
