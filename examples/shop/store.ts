import { depends } from 'trestle'
import { transaction } from 'trestle/transaction'
import { Accounts } from './database/accounts.ts'
import { Customers } from './database/customers.ts'
import { Orders } from './database/orders.ts'
import { Products } from './database/products.ts'
import { Refunds } from './database/refunds.ts'
import { type FirstPasswords, givePasswords } from './database/first-passwords.ts'
import { seed } from './database/seed.ts'
import { migrateSqlite, openSqlite } from './database/sqlite/open.ts'
import type { Backend, Connection } from './database/tables.ts'
import { type ShopSettings, config } from './settings.ts'

/** What the shop keeps. */
export interface Shelves {
  readonly accounts: Accounts
  readonly customers: Customers
  readonly orders: Orders
  readonly products: Products
  readonly refunds: Refunds
}

/** The shop's database: made ready and opened at start, so that one that cannot be had ends the start. */
const database = depends(
  { config },
  async function* ({ config }) {
    await prepareDatabase(config)
    const backend = await openBackend(config)
    yield backend
    await backend.close()
  },
  { scope: 'app', eager: true, name: 'database' },
)

/** The database as it is, to be read. */
export const db = depends({ database }, ({ database }) => database.db, { scope: 'app', name: 'db' })

/** The shelves as they are, to be read. */
export const store = depends({ database }, ({ database }) => shelvesOn(database), { scope: 'app', name: 'store' })

const writing = transaction(depends({ database }, ({ database }) => database.writer, { scope: 'app' }))

/** The shelves to be changed: all that a request does on them is there before its reply is sent, or nothing of it. */
export const tx = depends({ database, writing }, ({ database: { tables }, writing }) =>
  shelvesOn({ db: writing, tables }),
)

/**
 * Makes the database ready: its tables up to date, and something in them where they are empty.
 *
 * @param first for those of the first accounts who have no password yet; those of the settings unless told.
 * @returns whether staff and customers have got theirs now.
 */
export async function prepareDatabase(
  config: ShopSettings,
  first: FirstPasswords = firstPasswords(config),
): Promise<Readonly<Record<keyof FirstPasswords, boolean>>> {
  const url = config.databaseUrl?.reveal()
  if (url === undefined) await migrateSqlite(config.databaseFile)
  else await (await import('./database/postgres/open.ts')).migratePostgres(url)
  const backend = await openBackend(config)
  try {
    await seed(backend)
    return await givePasswords(backend, first)
  } finally {
    await backend.close()
  }
}

export function firstPasswords({ staffPassword, customerPassword }: ShopSettings): FirstPasswords {
  return { staff: staffPassword?.reveal(), customers: customerPassword?.reveal() }
}

async function openBackend(config: ShopSettings): Promise<Backend> {
  const url = config.databaseUrl?.reveal()
  if (url === undefined) return openSqlite(config.databaseFile)
  // Loaded only where it is used: who runs the shop on SQLite does not wait for the driver of Postgres.
  const { openPostgres } = await import('./database/postgres/open.ts')
  return openPostgres(url)
}

function shelvesOn(connection: Connection): Shelves {
  return {
    accounts: new Accounts(connection),
    customers: new Customers(connection),
    orders: new Orders(connection),
    products: new Products(connection),
    refunds: new Refunds(connection),
  }
}
