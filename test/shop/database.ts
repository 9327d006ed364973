import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Secret } from 'trestle/settings'
import type { ShopSettings } from '../../examples/shop/settings.ts'
import { startPostgres } from '../servers/postgres.ts'

export const kinds = ['SQLite', 'Postgres'] as const

/** With which the first people of a test's shop log in. */
export const passwords = { staff: 'for the staff of tests', customers: 'for customers of tests' }
/** By which all processes of a test sign logins. */
export const loginKey = 'signs the logins of the tests of the shop'

const env = { LOGIN_KEY: loginKey, STAFF_PASSWORD: passwords.staff, CUSTOMER_PASSWORD: passwords.customers }
const secrets = {
  backend: undefined,
  loginKey: new Secret(loginKey),
  staffPassword: new Secret(passwords.staff),
  customerPassword: new Secret(passwords.customers),
}

/** A real, empty database for the tests of one file. */
export interface TestDatabase {
  /** What the shop is set to, to run on it. */
  readonly settings: ShopSettings
  /** The same as environment variables, for a shop in a process of its own. */
  readonly env: Readonly<Record<string, string>>
  readonly remove: () => Promise<void>
}

export async function createDatabase(kind: (typeof kinds)[number]): Promise<TestDatabase> {
  return kind === 'SQLite' ? createSqlite() : createPostgres()
}

async function createSqlite(): Promise<TestDatabase> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trestle-shop-'))
  const databaseFile = path.join(folder, 'shop.db')
  return {
    settings: { ...secrets, port: 0, databaseUrl: undefined, databaseFile },
    env: { ...env, DATABASE_FILE: databaseFile },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function createPostgres(): Promise<TestDatabase> {
  const { url, remove } = await startPostgres()
  return {
    settings: { ...secrets, port: 0, databaseUrl: new Secret(url), databaseFile: '' },
    env: { ...env, DATABASE_URL: url },
    remove,
  }
}
