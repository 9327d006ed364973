import { eq } from 'drizzle-orm'
import type { Connection, Tables } from './tables.ts'

/** Somebody who can log in: a customer by their address, or one of the staff by their name. */
export interface Account {
  /** `customer:7` or `staff:mira`. */
  readonly id: string
  readonly scopes: readonly string[]
  readonly password_hash: string | undefined
}

/** What customers may do with what is theirs, themselves or by a key. */
export const keyScopes = ['customers:read', 'orders:read', 'orders:write'] as const
const customerScopes = [...keyScopes, 'customers:write', 'keys:write']

/** What staff may do with what is anybody's. */
const staffScopes = {
  clerk: ['customers:read', 'orders:read', 'orders:write'],
  manager: [...customerScopes, 'refunds:write', 'products:write'],
} satisfies Record<Tables['staff']['$inferSelect']['role'], readonly string[]>

export const accountOf = (customer: number): string => `customer:${customer}`

/** The customer whose account has this id; undefined for every other account, that of nobody included. */
export function customerOf(account: string): number | undefined {
  const id = /^customer:([1-9]\d{0,9})$/.exec(account)?.[1]
  return id === undefined ? undefined : Number(id)
}

/** Who of the staff has the account of this id; undefined for every other account. */
export function staffOf(account: string): string | undefined {
  return /^staff:(.+)$/.exec(account)?.[1]
}

export class Accounts {
  readonly #db: Connection['db']
  readonly #tables: Tables

  constructor({ db, tables }: Connection) {
    this.#db = db
    this.#tables = tables
  }

  /** The account of what people type: an address, or a name without an @. */
  async named(name: string): Promise<Account | undefined> {
    const { customers } = this.#tables
    if (!name.includes('@')) return this.#staff(name)
    return this.#customer(eq(customers.email, name.trim().toLowerCase()))
  }

  async find(id: string): Promise<Account | undefined> {
    const customer = customerOf(id)
    if (customer !== undefined) return this.#customer(eq(this.#tables.customers.id, customer))
    const name = staffOf(id)
    return name === undefined ? undefined : this.#staff(name)
  }

  async #customer(which: ReturnType<typeof eq>): Promise<Account | undefined> {
    const [row] = await this.#db.select().from(this.#tables.customers).where(which)
    return row && { id: accountOf(row.id), scopes: customerScopes, password_hash: row.password_hash ?? undefined }
  }

  async #staff(name: string): Promise<Account | undefined> {
    const [row] = await this.#db.select().from(this.#tables.staff).where(eq(this.#tables.staff.name, name))
    const account = row && { id: `staff:${row.name}`, scopes: staffScopes[row.role] }
    return account && { ...account, password_hash: row.password_hash ?? undefined }
  }
}
