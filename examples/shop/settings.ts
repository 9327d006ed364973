import { depends } from 'trestle'
import { type Settings, secret, settings } from 'trestle/settings'
import { z } from 'zod'

const shape = {
  port: z.int().min(0).max(65_535).default(8000),
  databaseUrl: secret(z.url({ protocol: /^postgres(ql)?$/ }).optional()),
  databaseFile: z.string().default(`${import.meta.dirname}/data/shop.db`),
}

export type ShopSettings = Settings<typeof shape>

/** PORT, DATABASE_URL for Postgres, DATABASE_FILE for SQLite: from the environment, or from `.env`. */
export const readSettings = (): ShopSettings => settings(shape)

export const config = depends({}, readSettings, { scope: 'app', name: 'config' })

/** Where the shop keeps its things, for people: without the login that a URL may hold. */
export function databaseName({ databaseUrl, databaseFile }: ShopSettings): string {
  if (databaseUrl === undefined) return `SQLite, ${databaseFile}`
  const { host, pathname } = new URL(databaseUrl.reveal())
  return `Postgres, ${host}${pathname}`
}
