import { randomBytes } from 'node:crypto'
import { serve } from 'trestle/node'
import { backendOf, databaseName, readSettings } from './settings.ts'
import shop from './shop.ts'
import { firstPasswords, prepareDatabase } from './store.ts'

const settings = readSettings()
const set = firstPasswords(settings)
const first = { staff: set.staff ?? newPassword(), customers: set.customers ?? newPassword() }
const given = await prepareDatabase(settings, first)
const { url } = await serve(shop, { port: settings.port, backend: backendOf(settings), quiet: true })

console.log(`
  Shop      ${url}/products
  Docs      ${url}/docs, ${url}/redoc, ${url}/reference
  OpenAPI   ${url}/openapi.json
  Database  ${databaseName(settings)}
  Log in    POST ${url}/session/login, then Authorize in /docs with the access token
${told('Staff     mira (manager), tom (clerk)', set.staff, given.staff && first.staff)}
${told('Customers ada@okafor.example and the others', set.customers, given.customers && first.customers)}
`)

function newPassword(): string {
  return randomBytes(12).toString('base64url')
}

/** A password that nobody has set is told when it is given, and never again. */
function told(who: string, set: string | undefined, given: string | false): string {
  if (set !== undefined || given === false) return `  ${who}: with the password they have`
  return `  ${who}: with the password ${given}`
}
