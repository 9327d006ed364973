import type { z } from 'zod'
import type * as schemas from './schemas.ts'

/**
 * What all servers answer. Handlers are the same few lines everywhere: what differs between servers
 * is how a request gets to them and how their value gets out. What they return is as a database has it, with a column
 * that is nobody's business: to keep it in is the work of the server that encodes the reply.
 */
export type Hello = z.infer<typeof schemas.Hello>
export type OrderFilter = z.infer<typeof schemas.OrderFilter>
export type OrderList = z.infer<typeof schemas.OrderList>
export type OrderIn = z.infer<typeof schemas.OrderIn>
export type Order = z.infer<typeof schemas.Order>

/** A row's column that no reply declares. */
interface Unsaid {
  readonly margin: number
}

const ORDERS: (OrderList['orders'][number] & Unsaid)[] = [
  { id: 901, status: 'open', total: 19.5, margin: 3.5, placed_at: '2026-11-02T09:30:00Z' },
  { id: 902, status: 'open', total: 240, margin: 61, placed_at: '2026-11-03T17:05:10Z' },
  { id: 903, status: 'open', total: 12.25, margin: 0.75, placed_at: '2026-11-05T08:00:59Z' },
]

/** A user's orders: the filter as it was understood, and three orders. */
export function ordersOf(user: number, filter: OrderFilter): OrderList {
  return { user_id: user, limit: filter.limit, status: filter.status, total_min: filter.total_min, orders: ORDERS }
}

/** The order as placed. Its id is fixed, so that every reply has the same length. */
export function place(order: OrderIn): Order & Unsaid {
  let total = 0
  for (const item of order.items) total += item.qty * item.price
  return {
    id: 1042,
    status: 'open',
    total,
    margin: total / 4,
    customer_id: order.customer_id,
    items: order.items,
    notes: order.notes,
    address: order.address,
  }
}

/** Where a placed order is read. */
export function locationOf(order: Order): string {
  return `/orders/${order.id}`
}
