import { serve } from 'trestle/node'
import { conduit } from './conduit.ts'
import { config } from './config.ts'
import { seed } from './seed.ts'

if (config.jwtSecret === undefined) {
  console.warn(
    'JWT_SECRET is not set: tokens are signed with a random key and end with this process. Set it to 32 characters or more.',
  )
}
if (config.seed) await seed(config.databaseFile)

const { url } = await serve(conduit)
console.log(`Articles at ${url}/api/articles, documentation at ${url}/docs`)
if (config.seed) console.log('Log in as jake@jake.jake with the password "password"')
