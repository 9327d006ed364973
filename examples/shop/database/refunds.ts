import type { Connection, Tables } from './tables.ts'
import { uuid7 } from './uuid7.ts'

type RefundRow = Tables['refunds']['$inferSelect']

export class Refunds {
  readonly #db: Connection['db']
  readonly #refunds: Tables['refunds']

  constructor({ db, tables }: Connection) {
    this.#db = db
    this.#refunds = tables.refunds
  }

  async insert(refund: Pick<RefundRow, 'order_id' | 'amount_cents' | 'reason'>): Promise<RefundRow> {
    const created_at = new Date()
    const row = { ...refund, id: uuid7(created_at.getTime()), created_at }
    await this.#db.insert(this.#refunds).values(row)
    return row
  }
}
