import { z } from 'zod'

/** The zod schemas of the servers that use zod. Fastify says the same in JSON Schema, Elysia in TypeBox, one server by hand. */

const id = z.int().min(1)
const status = z.enum(['open', 'paid', 'sent'])

export const HelloParams = z.object({ name: z.string().min(1).max(64) })
export const Hello = z.object({ hello: z.string() })

export const UserParams = z.object({ id })
export const OrderFilter = z.object({
  limit: z.int().min(1).max(100).default(20),
  status: status.optional(),
  total_min: z.number().min(0).optional(),
})

/** For frameworks that hand the text of a URL to zod as it is: their users write `coerce`. */
export const UserParamsText = z.object({ id: z.coerce.number().int().min(1) })
export const OrderFilterText = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  status: status.optional(),
  total_min: z.coerce.number().min(0).optional(),
})

const OrderLine = z.object({ id, status, total: z.number(), placed_at: z.string() })
export const OrderList = z.object({
  user_id: id,
  limit: z.int(),
  status: status.optional(),
  total_min: z.number().optional(),
  orders: z.array(OrderLine),
})

const Item = z.object({ sku: z.string().min(1).max(64), qty: z.int().min(1), price: z.number().min(0) })
const Address = z.object({
  street: z.string().min(1).max(200),
  city: z.string().min(1).max(200),
  zip: z.string().min(1).max(12),
  country: z.string().length(2),
})
export const OrderIn = z.object({
  customer_id: id,
  items: z.array(Item).min(1),
  notes: z.string().max(1000).optional(),
  address: Address,
})
export const Order = z.object({
  id,
  status,
  total: z.number(),
  customer_id: id,
  items: z.array(Item),
  notes: z.string().optional(),
  address: Address,
})
