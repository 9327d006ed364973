import { eq } from 'drizzle-orm'
import type { Connection, Tables } from './tables.ts'

export type CustomerRow = Tables['customers']['$inferSelect']

/** Columns to change. */
type CustomerChange = Partial<Pick<CustomerRow, 'name' | 'password_hash'>>

export class Customers {
  readonly #db: Connection['db']
  readonly #customers: Tables['customers']

  constructor({ db, tables }: Connection) {
    this.#db = db
    this.#customers = tables.customers
  }

  async find(id: number): Promise<CustomerRow | undefined> {
    const [row] = await this.#db.select().from(this.#customers).where(eq(this.#customers.id, id))
    return row
  }

  /** undefined where the address is taken. */
  async insert(customer: Pick<CustomerRow, 'name' | 'email' | 'password_hash'>): Promise<CustomerRow | undefined> {
    const [row] = await this.#db
      .insert(this.#customers)
      .values({ ...customer, created_at: new Date() })
      .onConflictDoNothing({ target: this.#customers.email })
      .returning()
    return row
  }

  /** Changes one that is there. */
  async update(id: number, change: CustomerChange): Promise<CustomerRow> {
    const rows = await this.#db.update(this.#customers).set(change).where(eq(this.#customers.id, id)).returning()
    return rows[0] as CustomerRow
  }
}
