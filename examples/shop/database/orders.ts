import { and, asc, eq, sql } from 'drizzle-orm'
import type { Connection, Tables } from './tables.ts'
import { uuid7 } from './uuid7.ts'

export type OrderRow = Tables['orders']['$inferSelect']
type ItemRow = Tables['orderItems']['$inferSelect']

/** An order with its items, in the order in which they were asked for. */
export type OrderWithItems = OrderRow & { readonly items: ItemRow[] }

type NewOrder = Pick<OrderRow, 'customer_id' | 'currency' | 'notes'>
export type NewItem = Pick<ItemRow, 'sku' | 'name' | 'qty' | 'unit_price_cents'>

export class Orders {
  readonly #db: Connection['db']
  readonly #orders: Tables['orders']
  readonly #items: Tables['orderItems']

  constructor({ db, tables }: Connection) {
    this.#db = db
    this.#orders = tables.orders
    this.#items = tables.orderItems
  }

  async find(id: string): Promise<OrderWithItems | undefined> {
    const [order] = await this.#db.select().from(this.#orders).where(eq(this.#orders.id, id))
    return order && this.#withItems(order)
  }

  async insert(order: NewOrder, items: readonly NewItem[]): Promise<OrderWithItems> {
    const created_at = new Date()
    const id = uuid7(created_at.getTime())
    const total_cents = items.reduce((sum, { qty, unit_price_cents }) => sum + qty * unit_price_cents, 0)
    const row = { ...order, id, status: 'open' as const, total_cents, refunded_cents: 0, created_at }
    const lines = items.map((item, index) => ({ ...item, order_id: id, line: index + 1 }))
    await this.#db.insert(this.#orders).values(row)
    await this.#db.insert(this.#items).values(lines)
    return { ...row, paid_at: null, cancelled_at: null, items: lines }
  }

  /** Turns an open order into a paid or a cancelled one; undefined where it is not open. */
  async settle(id: string, status: 'paid' | 'cancelled'): Promise<OrderWithItems | undefined> {
    const now = new Date()
    const [order] = await this.#db
      .update(this.#orders)
      .set(status === 'paid' ? { status, paid_at: now } : { status, cancelled_at: now })
      .where(and(eq(this.#orders.id, id), eq(this.#orders.status, 'open')))
      .returning()
    return order && this.#withItems(order)
  }

  /** Notes money given back. False where the order is not paid, or less of what was paid is left. */
  async addRefund(id: string, amount_cents: number): Promise<boolean> {
    const { status, total_cents, refunded_cents } = this.#orders
    const refunded = sql`${refunded_cents} + ${amount_cents}`
    const rows = await this.#db
      .update(this.#orders)
      .set({ refunded_cents: refunded })
      .where(and(eq(this.#orders.id, id), eq(status, 'paid'), sql`${refunded} <= ${total_cents}`))
      .returning({ id: this.#orders.id })
    return rows.length > 0
  }

  async #withItems(order: OrderRow): Promise<OrderWithItems> {
    const { order_id, line } = this.#items
    const items = await this.#db.select().from(this.#items).where(eq(order_id, order.id)).orderBy(asc(line))
    return { ...order, items }
  }
}
