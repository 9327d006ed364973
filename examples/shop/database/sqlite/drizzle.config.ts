import { defineConfig } from 'drizzle-kit'

/** `npm run migrations` writes what is new in the schema as a migration. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './database/sqlite/schema.ts',
  out: './database/sqlite/migrations',
  dbCredentials: { url: process.env.DATABASE_FILE ?? 'data/shop.db' },
})
