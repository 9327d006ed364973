import { serve } from 'trestle/node'
import { databaseName, readSettings } from './settings.ts'
import shop from './shop.ts'

const settings = readSettings()
const { url } = await serve(shop, { port: settings.port, quiet: true })

console.log(`
  Shop      ${url}/products
  Docs      ${url}/docs, ${url}/redoc, ${url}/reference
  OpenAPI   ${url}/openapi.json
  Database  ${databaseName(settings)}
`)
