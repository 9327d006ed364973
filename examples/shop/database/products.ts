import { and, eq, gte, inArray, lte, sql } from 'drizzle-orm'
import type { Connection, Tables } from './tables.ts'

type ProductRow = Tables['products']['$inferSelect']
export type NewProduct = Omit<Tables['products']['$inferInsert'], 'version' | 'created_at' | 'updated_at'>

/** Columns to change; those undefined stay as they are. */
type ProductChange = { readonly [K in Exclude<keyof NewProduct, 'sku' | 'stock'>]?: NewProduct[K] | undefined }

/** The column holds 2,147,483,647; what cancelled orders bring back must always fit. */
const MOST_STOCK = 2_000_000_000

export class Products {
  readonly #db: Connection['db']
  readonly #products: Tables['products']

  constructor({ db, tables }: Connection) {
    this.#db = db
    this.#products = tables.products
  }

  async find(sku: string): Promise<ProductRow | undefined> {
    const [row] = await this.#db.select().from(this.#products).where(eq(this.#products.sku, sku))
    return row
  }

  /** undefined where the SKU is taken. */
  async insert(product: NewProduct): Promise<ProductRow | undefined> {
    const now = new Date()
    const [row] = await this.#db
      .insert(this.#products)
      .values({ ...product, created_at: now, updated_at: now })
      .onConflictDoNothing({ target: this.#products.sku })
      .returning()
    return row
  }

  /** undefined where there is no such product, or none of these versions. */
  async update(sku: string, change: ProductChange, versions?: readonly number[]): Promise<ProductRow | undefined> {
    const { version } = this.#products
    const [row] = await this.#db
      .update(this.#products)
      .set({ ...change, version: sql`${version} + 1`, updated_at: new Date() })
      .where(and(eq(this.#products.sku, sku), versions && inArray(version, [...versions])))
      .returning()
    return row
  }

  /**
   * Adds to the stock, or takes from it. One statement checks and changes, so of many callers at once
   * none takes what another has taken. undefined where there is no such product or the stock would
   * leave 0 to `most`.
   */
  async changeStock(sku: string, by: number, most = MOST_STOCK): Promise<ProductRow | undefined> {
    const { stock, version } = this.#products
    const [row] = await this.#db
      .update(this.#products)
      .set({ stock: sql`${stock} + ${by}`, version: sql`${version} + 1` })
      .where(and(eq(this.#products.sku, sku), gte(stock, -by), lte(stock, most - by)))
      .returning()
    return row
  }
}
