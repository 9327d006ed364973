import { fastify } from 'fastify'
import { locationOf, type OrderFilter, type OrderIn, ordersOf, place } from '../shop.ts'
import { measured } from './measured.ts'

/** Fastify as its users write it: JSON Schema in, checked by ajv; JSON Schema out, by fast-json-stringify. */
const id = { type: 'integer', minimum: 1 }
const status = { type: 'string', enum: ['open', 'paid', 'sent'] }

const hello = {
  params: object({ name: { type: 'string', minLength: 1, maxLength: 64 } }),
  response: { 200: object({ hello: { type: 'string' } }) },
}

const list = {
  params: object({ id }),
  querystring: object(
    {
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      status,
      total_min: { type: 'number', minimum: 0 },
    },
    [],
  ),
  response: {
    200: object(
      {
        user_id: id,
        limit: { type: 'integer' },
        status,
        total_min: { type: 'number' },
        orders: {
          type: 'array',
          items: object({ id, status, total: { type: 'number' }, placed_at: { type: 'string' } }),
        },
      },
      ['user_id', 'limit', 'orders'],
    ),
  },
}

const item = object({
  sku: { type: 'string', minLength: 1, maxLength: 64 },
  qty: { type: 'integer', minimum: 1 },
  price: { type: 'number', minimum: 0 },
})

const address = object({
  street: { type: 'string', minLength: 1, maxLength: 200 },
  city: { type: 'string', minLength: 1, maxLength: 200 },
  zip: { type: 'string', minLength: 1, maxLength: 12 },
  country: { type: 'string', minLength: 2, maxLength: 2 },
})

const create = {
  body: object(
    {
      customer_id: id,
      items: { type: 'array', items: item, minItems: 1 },
      notes: { type: 'string', maxLength: 1000 },
      address,
    },
    ['customer_id', 'items', 'address'],
  ),
  response: {
    201: object(
      {
        id,
        status,
        total: { type: 'number' },
        customer_id: id,
        items: { type: 'array', items: item },
        notes: { type: 'string' },
        address,
      },
      ['id', 'status', 'total', 'customer_id', 'items', 'address'],
    ),
  },
}

function object(properties: Record<string, object>, required: readonly string[] = Object.keys(properties)): object {
  return { type: 'object', properties, required }
}

const app = fastify()

app.get<{ Params: { name: string } }>('/hello/:name', { schema: hello }, async (request) => ({
  hello: request.params.name,
}))

app.get<{ Params: { id: number }; Querystring: OrderFilter }>('/users/:id/orders', { schema: list }, async (request) =>
  ordersOf(request.params.id, request.query),
)

app.post<{ Body: OrderIn }>('/orders', { schema: create }, async (request, reply) => {
  const order = place(request.body)
  reply.code(201).header('location', locationOf(order))
  return order
})

await app.listen({ port: 0, host: '127.0.0.1' })
measured(app.server.address())
