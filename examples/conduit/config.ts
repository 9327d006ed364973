import path from 'node:path'
import { secret, settings } from 'trestle/settings'
import { z } from 'zod'

const production = process.env.NODE_ENV === 'production'
const JwtSecret = z.string().min(32)

export const config = settings({
  databaseFile: z.string().default(path.join(import.meta.dirname, 'data', 'conduit.db')),
  /** Without one, tokens are signed with a key that ends with the process: good enough for a try, not for more. */
  jwtSecret: secret(production ? JwtSecret : JwtSecret.optional()),
  /** Whether an empty database gets a few people and articles, whose passwords everybody can read. */
  seed: z.boolean().default(!production),
})
