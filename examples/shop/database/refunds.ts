import { and, asc, eq, gt } from 'drizzle-orm'
import type { CursorPage } from 'trestle'
import { pageOf } from '../cursor.ts'
import type { Connection, Tables } from './tables.ts'
import { uuid7 } from './uuid7.ts'

export type RefundRow = Tables['refunds']['$inferSelect']

export class Refunds {
  readonly #db: Connection['db']
  readonly #refunds: Tables['refunds']

  constructor({ db, tables }: Connection) {
    this.#db = db
    this.#refunds = tables.refunds
  }

  /** A page of an order's refunds in the order in which they were made, beginning after the one given. */
  async page(order: string, limit: number, after: string | undefined): Promise<CursorPage<RefundRow>> {
    const { id, order_id } = this.#refunds
    const rows = await this.#db
      .select()
      .from(this.#refunds)
      .where(and(eq(order_id, order), after === undefined ? undefined : gt(id, after)))
      .orderBy(asc(id))
      .limit(limit + 1)
    return pageOf(rows, limit, (row) => row.id)
  }

  async find(order: string, id: string): Promise<RefundRow | undefined> {
    const [row] = await this.#db
      .select()
      .from(this.#refunds)
      .where(and(eq(this.#refunds.order_id, order), eq(this.#refunds.id, id)))
    return row
  }

  async insert(refund: Pick<RefundRow, 'order_id' | 'amount_cents' | 'reason'>): Promise<RefundRow> {
    const created_at = new Date()
    const row = { ...refund, id: uuid7(created_at.getTime()), created_at }
    await this.#db.insert(this.#refunds).values(row)
    return row
  }
}
