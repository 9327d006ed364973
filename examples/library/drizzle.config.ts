import { defineConfig } from 'drizzle-kit'

/** `npm run schema` writes `schema/schema.ts` of the database as it is. The words of the search are none of its tables. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './schema/schema.ts',
  out: './schema',
  dbCredentials: { url: process.env.DATABASE_FILE ?? 'library.db' },
  introspect: { casing: 'preserve' },
  tablesFilter: ['!title_words*'],
})
