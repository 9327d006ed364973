import { serve } from 'trestle/node'
import { readSettings } from './settings.ts'
import shop from './shop.ts'
import { prepareDatabase } from './store.ts'

const settings = readSettings()
// Before the first request, so that a database that cannot be had ends the start.
const database = await prepareDatabase(settings)
const { url } = await serve(shop, { port: settings.port, quiet: true })

console.log(`
  Shop      ${url}/products
  Docs      ${url}/docs, ${url}/redoc, ${url}/reference
  OpenAPI   ${url}/openapi.json
  Database  ${database}
`)
