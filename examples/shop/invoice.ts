import type { CustomerRow } from './database/customers.ts'
import type { OrderWithItems } from './database/orders.ts'

/** An order as text for people. */
export function invoiceOf(order: OrderWithItems, customer: CustomerRow | undefined): string {
  const money = (cents: number): string => `${(cents / 100).toFixed(2)} ${order.currency}`
  const lines = order.items.map(({ qty, name, unit_price_cents }) =>
    row(`${qty} × ${name}`, money(qty * unit_price_cents)),
  )
  return [
    `Invoice for order ${order.id}`,
    `${customer?.name ?? ''}, ${order.created_at.toISOString().slice(0, 10)}, ${order.status}`,
    '',
    ...lines,
    '-'.repeat(WIDTH),
    row('Total', money(order.total_cents)),
    ...(order.refunded_cents > 0 ? [row('Given back', money(-order.refunded_cents))] : []),
    '',
  ].join('\n')
}

const WIDTH = 60

function row(left: string, right: string): string {
  return `${left.padEnd(WIDTH - right.length - 1)} ${right}`
}
