import { depends } from 'trestle'
import { Customers } from './database/customers.ts'
import { Orders } from './database/orders.ts'
import { Products } from './database/products.ts'
import { Refunds } from './database/refunds.ts'
import { seed } from './database/seed.ts'
import { migrateSqlite, openSqlite } from './database/sqlite/open.ts'
import type { Backend, Connection } from './database/tables.ts'
import { type ShopSettings, config } from './settings.ts'

/** What the shop keeps. */
export interface Shelves {
  readonly customers: Customers
  readonly orders: Orders
  readonly products: Products
  readonly refunds: Refunds
}

export interface Store extends Shelves {
  /** All that `work` does on the shelves it is given, or nothing of it where it throws. */
  readonly transaction: <T>(work: (shelves: Shelves) => Promise<T>) => Promise<T>
}

/** The shop's store: made ready and opened at start, so that a database that cannot be had ends the start. */
export const store = depends(
  { config },
  async function* ({ config }) {
    await prepareDatabase(config)
    const backend = await openBackend(config)
    yield storeOn(backend)
    await backend.close()
  },
  { scope: 'app', eager: true, name: 'store' },
)

/** Makes the database ready: its tables up to date, and something in them where they are empty. */
export async function prepareDatabase(config: ShopSettings): Promise<void> {
  const url = config.databaseUrl?.reveal()
  if (url === undefined) migrateSqlite(config.databaseFile)
  else await (await import('./database/postgres/open.ts')).migratePostgres(url)
  const backend = await openBackend(config)
  try {
    await seed(backend)
  } finally {
    await backend.close()
  }
}

async function openBackend(config: ShopSettings): Promise<Backend> {
  const url = config.databaseUrl?.reveal()
  if (url === undefined) return openSqlite(config.databaseFile)
  // Loaded only where it is used: who runs the shop on SQLite does not wait for the driver of Postgres.
  const { openPostgres } = await import('./database/postgres/open.ts')
  return openPostgres(url)
}

function storeOn(backend: Backend): Store {
  return {
    ...shelvesOn(backend),
    transaction: (work) => backend.transaction((connection) => work(shelvesOn(connection))),
  }
}

function shelvesOn(connection: Connection): Shelves {
  return {
    customers: new Customers(connection),
    orders: new Orders(connection),
    products: new Products(connection),
    refunds: new Refunds(connection),
  }
}
