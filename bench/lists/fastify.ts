import { fastify } from 'fastify'
import { Pool } from 'pg'
import { measured } from '../servers/measured.ts'

/**
 * The same list as its users write it by hand on Fastify and `pg`: keyset pages, JSON Schema both ways, dates as `pg`
 * gives them. With `prepared` as the second argument each query has a name, so that Postgres parses it once.
 */
const [, , url, mode] = process.argv
const pool = new Pool({ connectionString: url as string, max: 10 })

const order = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    customer_id: { type: 'integer' },
    status: { type: 'string' },
    total_cents: { type: 'integer' },
    notes: { type: ['string', 'null'] },
    created_at: { type: 'string', format: 'date-time' },
  },
}

const schema = {
  querystring: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 50 },
      cursor: { type: 'string', maxLength: 200 },
      status: { type: 'string', enum: ['open', 'paid', 'cancelled'] },
      customer_id: { type: 'integer' },
    },
    additionalProperties: false,
  },
  response: {
    200: {
      type: 'object',
      properties: { items: { type: 'array', items: order }, next_cursor: { type: ['string', 'null'] } },
    },
  },
}

interface Query {
  limit: number
  cursor?: string
  status?: string
  customer_id?: number
}

interface Row {
  id: string
  created_at: Date
}

const app = fastify()

app.get<{ Querystring: Query }>('/orders', { schema }, async ({ query }) => {
  const { limit, cursor, status, customer_id } = query
  const where: string[] = []
  const values: unknown[] = []
  if (status !== undefined) where.push(`status = $${values.push(status)}`)
  if (customer_id !== undefined) where.push(`customer_id = $${values.push(customer_id)}`)
  if (cursor !== undefined) {
    const [time, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string, string]
    where.push(`(created_at, id) < ($${values.push(time)}, $${values.push(id)})`)
  }
  const text = `select id, customer_id, status, total_cents, notes, created_at from orders ${
    where.length > 0 ? `where ${where.join(' and ')}` : ''
  } order by created_at desc, id desc limit $${values.push(limit + 1)}`
  const name = `orders ${where.join()}`
  const { rows } = await pool.query<Row>(mode === 'prepared' ? { name, text, values } : { text, values })
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  const next = last && Buffer.from(JSON.stringify([last.created_at, last.id])).toString('base64url')
  return { items, next_cursor: next ?? null }
})

await app.listen({ port: 0, host: '127.0.0.1' })
measured(app.server.address())
