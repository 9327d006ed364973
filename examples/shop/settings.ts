import { randomBytes } from 'node:crypto'
import { depends } from 'trestle'
import { type Settings, secret, settings, variable } from 'trestle/settings'
import { z } from 'zod'

const FirstPassword = z.string().min(12).max(200).optional()

const shape = {
  port: z.int().min(0).max(65_535).default(8000),
  databaseUrl: secret(z.url({ protocol: /^postgres(ql)?$/ }).optional()),
  databaseFile: z.string().default(`${import.meta.dirname}/data/shop.db`),
  backend: variable('TRESTLE_BACKEND', secret(z.string().optional())),
  /** Without one, logins end with the process, and no other process knows of them. */
  loginKey: secret(
    z
      .string()
      .min(32)
      .default(() => randomBytes(32).toString('base64url')),
  ),
  /** What the first staff and the first customers log in with: given to those who have no password yet. */
  staffPassword: secret(FirstPassword),
  customerPassword: secret(FirstPassword),
}

export type ShopSettings = Settings<typeof shape>

/**
 * PORT, DATABASE_URL for Postgres, DATABASE_FILE for SQLite, TRESTLE_BACKEND, LOGIN_KEY, STAFF_PASSWORD, CUSTOMER_PASSWORD:
 * from the environment, or from `.env`.
 */
export const readSettings = (): ShopSettings => settings(shape)

export const config = depends({}, readSettings, { scope: 'app', name: 'config' })

/**
 * Where keys, logins, limits and cached replies are: TRESTLE_BACKEND, or beside the shop's things. In SQLite not in the
 * same file, which a transaction has for itself.
 */
export function backendOf({ backend, databaseUrl, databaseFile }: ShopSettings): string {
  return backend?.reveal() ?? databaseUrl?.reveal() ?? `sqlite:${databaseFile}-state`
}

/** Where the shop keeps its things, for people: without the login that a URL may hold. */
export function databaseName({ databaseUrl, databaseFile }: ShopSettings): string {
  if (databaseUrl === undefined) return `SQLite, ${databaseFile}`
  const { host, pathname } = new URL(databaseUrl.reveal())
  return `Postgres, ${host}${pathname}`
}
