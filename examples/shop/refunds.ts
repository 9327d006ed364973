import { NotFound, created, group, post, problem } from 'trestle'
import { idempotent } from 'trestle/policies'
import { resource } from 'trestle/resources'
import { z } from 'zod'
import { caller, may, perCustomer } from './caller.ts'
import { statuses } from './database/values.ts'
import { Id, Text } from './fields.ts'
import { shown } from './login.ts'
import { order, refund } from './models.ts'
import { db, tx } from './store.ts'

export const RefundIn = z
  .object({ amount_cents: z.int().min(1), reason: Text(500).optional() })
  .meta({ id: 'RefundIn', examples: [{ amount_cents: 1450, reason: 'The packet was torn' }] })

const rows = resource(refund, {
  db,
  within: { order_id: order },
  reads: { security: shown.scopes('orders:read') },
})
const Refund = refund.row

export const OrderNotPaid = problem('order_not_paid', {
  status: 409,
  title: 'Only what is paid can be given back',
  extra: z.object({ order_status: z.enum(statuses) }).meta({ examples: [{ order_status: 'open' }] }),
})

export const RefundTooLarge = problem('refund_too_large', {
  status: 409,
  title: 'More than is left of what was paid',
  extra: z.object({ left_cents: z.int() }).meta({ examples: [{ left_cents: 1450 }] }),
})

const params = z.object({ order_id: Id })

const about = { description: 'Money given back, in parts or at once.' }

/** Inside the group of orders: `/orders/{order_id}/refunds`. */
export const refunds = group('/{order_id}/refunds', about, {
  list: rows.list,
  read: rows.read,

  create: post(
    '/',
    {
      summary: 'Give money back',
      params,
      body: RefundIn,
      returns: created(Refund),
      throws: [NotFound, OrderNotPaid, RefundTooLarge],
      use: { tx, caller: caller('refunds:write') },
      policies: [perCustomer('60/minute'), idempotent()],
    },
    async ({ params: { order_id }, body: { amount_cents, reason = null }, tx, caller }) => {
      may.check('order', caller, await tx.orders.find(order_id))
      if (await tx.orders.addRefund(order_id, amount_cents))
        return tx.refunds.insert({ order_id, amount_cents, reason })
      const order = may.check('order', caller, await tx.orders.find(order_id))
      if (order.status !== 'paid') throw OrderNotPaid({ order_status: order.status })
      throw RefundTooLarge({ left_cents: order.total_cents - order.refunded_cents })
    },
  ),
})
