import { defineConfig } from 'drizzle-kit'

/** `npm run migrations` writes what is new in the schema as a migration. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './database/postgres/schema.ts',
  out: './database/postgres/migrations',
  dbCredentials: { url: process.env.DATABASE_URL ?? '' },
})
