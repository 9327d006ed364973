import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  type Hello,
  locationOf,
  type Order,
  type OrderFilter,
  type OrderIn,
  type OrderList,
  ordersOf,
  place,
} from '../shop.ts'
import { measured } from './measured.ts'
import { decoded, readJson, send } from './node-replies.ts'

/**
 * node:http with nothing but code for these three routes: checks written by hand, replies put together by hand. It is as
 * little as the work can be done with, and no program of a hundred routes is written like it.
 */
const server = createServer((request, response) => {
  const target = request.url as string
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  if (request.method === 'GET') {
    if (path.startsWith('/hello/')) return hello(path, response)
    if (path.startsWith('/users/') && path.endsWith('/orders')) return list(path, target.slice(path.length), response)
  } else if (request.method === 'POST' && path === '/orders') return create(request, response)
  refuse(response, 404, 'not found')
})

function hello(path: string, response: ServerResponse): void {
  const name = decoded(path.slice('/hello/'.length))
  if (name === undefined || name.length === 0 || name.length > 64) return refuse(response, 400, 'name')
  return send(response, 200, { hello: name } satisfies Hello)
}

function list(path: string, search: string, response: ServerResponse): void {
  const user = Number(path.slice('/users/'.length, -'/orders'.length))
  if (!Number.isSafeInteger(user) || user < 1) return refuse(response, 400, 'id')
  const filter = filterOf(new URLSearchParams(search))
  if (typeof filter === 'string') return refuse(response, 400, filter)
  const { user_id, limit, status, total_min, orders } = ordersOf(user, filter)
  return send(response, 200, { user_id, limit, status, total_min, orders: orders.map(toLine) } satisfies OrderList)
}

function create(request: IncomingMessage, response: ServerResponse): void {
  readJson(request, (body) => {
    if (!isOrderIn(body)) return refuse(response, 400, 'body')
    const order = toOrder(place(body))
    send(response, 201, order, locationOf(order))
  })
}

function toLine({ id, status, total, placed_at }: OrderList['orders'][number]): OrderList['orders'][number] {
  return { id, status, total, placed_at }
}

function toOrder({ id, status, total, customer_id, items, notes, address }: Order): Order {
  const { street, city, zip, country } = address
  return {
    id,
    status,
    total,
    customer_id,
    items: items.map(({ sku, qty, price }) => ({ sku, qty, price })),
    notes,
    address: { street, city, zip, country },
  }
}

function filterOf(query: URLSearchParams): OrderFilter | string {
  const limit = Number(query.get('limit') ?? 20)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 100) return 'limit'
  const status = query.get('status') ?? undefined
  if (status !== undefined && !isStatus(status)) return 'status'
  const least = query.get('total_min')
  const total_min = least === null ? undefined : Number(least)
  if (total_min !== undefined && !isAmount(total_min)) return 'total_min'
  return { limit, status, total_min }
}

function isOrderIn(value: unknown): value is OrderIn {
  if (!isRecord(value)) return false
  const { customer_id, items, notes, address } = value
  return (
    isPositiveInteger(customer_id) &&
    Array.isArray(items) &&
    items.length > 0 &&
    items.every(isItem) &&
    (notes === undefined || isText(notes, 0, 1000)) &&
    isRecord(address) &&
    isText(address.street, 1, 200) &&
    isText(address.city, 1, 200) &&
    isText(address.zip, 1, 12) &&
    isText(address.country, 2, 2)
  )
}

function isItem(value: unknown): boolean {
  return isRecord(value) && isText(value.sku, 1, 64) && isPositiveInteger(value.qty) && isAmount(value.price)
}

function isStatus(text: string): text is Order['status'] {
  return text === 'open' || text === 'paid' || text === 'sent'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPositiveInteger(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function isAmount(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0
}

function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === 'string' && value.length >= least && value.length <= most
}

function refuse(response: ServerResponse, status: number, what: string): void {
  return send(response, status, { error: what })
}

server.listen(0, '127.0.0.1', () => measured(server.address()))
