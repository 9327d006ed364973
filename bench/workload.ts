/** One request. */
export interface Case {
  readonly title: string
  readonly method: string
  readonly target: string
  /** A JSON value, or text that is sent as it is. */
  readonly body?: unknown
}

/** A request, and the reply that every server must give to it. */
export interface Answered extends Case {
  readonly status: number
  readonly reply: unknown
  readonly location?: string
}

export const ROUTES = ['hello', 'get', 'post'] as const
export type Route = (typeof ROUTES)[number]

const order = {
  customer_id: 42,
  items: [
    { sku: 'TRS-0001', qty: 2, price: 9.5 },
    { sku: 'TRS-0777', qty: 1, price: 120 },
    { sku: 'TRS-1204', qty: 12, price: 0.75 },
  ],
  notes: 'Leave it with the neighbour, please.',
  address: { street: 'Hauptstraße 5', city: 'Zürich', zip: '8001', country: 'CH' },
}

const orders = [
  { id: 901, status: 'open', total: 19.5, placed_at: '2026-11-02T09:30:00Z' },
  { id: 902, status: 'open', total: 240, placed_at: '2026-11-03T17:05:10Z' },
  { id: 903, status: 'open', total: 12.25, placed_at: '2026-11-05T08:00:59Z' },
]

/** What is measured. */
export const WORKLOAD: Readonly<Record<Route, Answered>> = {
  hello: { title: 'GET /hello/{name}', method: 'GET', target: '/hello/ada', status: 200, reply: { hello: 'ada' } },
  get: {
    title: 'GET /users/{id}/orders?limit&status&total_min',
    method: 'GET',
    target: '/users/42/orders?limit=20&status=open&total_min=9.5',
    status: 200,
    reply: { user_id: 42, limit: 20, status: 'open', total_min: 9.5, orders },
  },
  post: {
    title: 'POST /orders',
    method: 'POST',
    target: '/orders',
    body: order,
    status: 201,
    reply: { id: 1042, status: 'open', total: 148, ...order },
    location: '/orders/1042',
  },
}

const { notes: _, ...withoutNotes } = order

/** Not measured, but answered alike: so that no server gains by doing less. */
export const VARIANTS: readonly Answered[] = [
  {
    title: 'an encoded name',
    method: 'GET',
    target: '/hello/J%C3%BCrgen%20K',
    status: 200,
    reply: { hello: 'Jürgen K' },
  },
  {
    title: 'a default and two fields left out',
    method: 'GET',
    target: '/users/7/orders',
    status: 200,
    reply: { user_id: 7, limit: 20, orders },
  },
  {
    title: 'an order without notes, with fields nobody declared at each depth',
    method: 'POST',
    target: '/orders',
    body: {
      ...withoutNotes,
      coupon: 'SPRING',
      items: order.items.map((item) => ({ ...item, margin: 1 })),
      address: { ...order.address, floor: 2 },
    },
    status: 201,
    reply: { id: 1042, status: 'open', total: 148, ...withoutNotes },
    location: '/orders/1042',
  },
]

/** Each must be refused with a 4xx. */
export const REFUSED: readonly Case[] = [
  { title: 'a name of 65 characters', method: 'GET', target: `/hello/${'a'.repeat(65)}` },
  { title: 'an id that is no number', method: 'GET', target: '/users/ada/orders' },
  { title: 'a limit that is no number', method: 'GET', target: '/users/42/orders?limit=ten' },
  { title: 'a limit over its maximum', method: 'GET', target: '/users/42/orders?limit=101' },
  { title: 'an unknown status', method: 'GET', target: '/users/42/orders?status=lost' },
  { title: 'JSON cut short', method: 'POST', target: '/orders', body: '{"customer_id":42,"items":[' },
  { title: 'a body that is no object', method: 'POST', target: '/orders', body: [order] },
  { title: 'a missing address', method: 'POST', target: '/orders', body: { ...order, address: undefined } },
  { title: 'no items', method: 'POST', target: '/orders', body: { ...order, items: [] } },
  {
    title: 'a quantity of one and a half',
    method: 'POST',
    target: '/orders',
    body: { ...order, items: [{ sku: 'TRS-0001', qty: 1.5, price: 1 }] },
  },
  {
    title: 'a country of three letters',
    method: 'POST',
    target: '/orders',
    body: { ...order, address: { ...order.address, country: 'CHE' } },
  },
  { title: 'an unknown path', method: 'GET', target: '/nowhere' },
]

/** The few header fields that any client sends; `callers.ts` has more. */
export function headersOf(one: Case): Record<string, string> {
  const headers = { host: '127.0.0.1', 'user-agent': 'trestle-bench', accept: '*/*' }
  const body = bodyOf(one)
  if (body === undefined) return headers
  return { ...headers, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
}

export function bodyOf({ body }: Case): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
}

/** A request as it goes over the wire. */
export function toBytes(one: Case, more: Readonly<Record<string, string>> = {}): Buffer {
  const fields = Object.entries({ ...headersOf(one), ...more }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${one.method} ${one.target} HTTP/1.1\r\n${fields.join('')}\r\n${bodyOf(one) ?? ''}`)
}
