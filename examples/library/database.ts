import { existsSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { drizzle } from 'drizzle-orm/node-sqlite'
import { depends } from 'trestle'

/** The database of somebody else; where there is none yet, what they sent us of it. */
export const db = depends(
  {},
  function* () {
    const file = process.env.DATABASE_FILE ?? `${import.meta.dirname}/library.db`
    const sent = existsSync(file) ? '' : readFileSync(`${import.meta.dirname}/existing.sql`, 'utf8')
    const client = new DatabaseSync(file, { timeout: 5000 })
    client.exec(sent)
    yield drizzle({ client })
    client.close()
  },
  { scope: 'app', eager: true, name: 'database' },
)
