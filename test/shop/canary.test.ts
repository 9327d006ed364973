import { readFile, readdir } from 'node:fs/promises'
import { request } from 'node:http'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { type TestDatabase, createDatabase, kinds, loginKey, passwords } from './database.ts'
import { startNode } from './process.ts'

/** What callers send is nowhere that they did not send it to. */

/** Each input has a canary of its own, so that where one is seen, everybody knows whose it is. */
const canary = (what: string): string => `canary-${what}-${crypto.randomUUID().slice(0, 8)}`

/** Secrets: they may be nowhere at all. */
const secret = {
  password: canary('password'),
  newPassword: canary('new-password'),
  wrongPassword: canary('wrong-password'),
  typedAsName: canary('password-as-name'),
  token: canary('token'),
  basic: Buffer.from(canary('basic')).toString('base64'),
  refreshToken: canary('refresh-token'),
  apiKey: canary('api-key'),
  cookie: canary('cookie'),
  idempotencyKey: canary('idempotency-key'),
  ifMatch: canary('if-match'),
  requestId: canary('request-id'),
  header: canary('header'),
  mediaType: canary('media-type'),
  accept: canary('accept'),
  query: canary('query'),
  queryName: canary('query-name'),
  cursor: canary('cursor'),
  search: canary('search'),
  path: canary('path'),
  field: canary('field'),
  fieldName: canary('field-name'),
  brokenJson: canary('broken-json'),
}
/** Named in an address and in a body. The cache tags what it makes by its address, so that a change finds it there. */
const sku = canary('sku').toUpperCase().slice(0, 32)
/** What the shop is meant to keep and to give back, and nothing else. */
const kept = {
  name: canary('name'),
  email: `${canary('email')}@mail.example`,
  notes: canary('notes'),
  reason: canary('reason'),
  keyName: canary('key-name'),
}

/** All that lies in the database, in the backend and in files beside them. */
async function atRest({ env }: TestDatabase): Promise<string> {
  if (env.DATABASE_FILE !== undefined) {
    const folder = path.dirname(env.DATABASE_FILE)
    const names = await readdir(folder)
    return (await Promise.all(names.map((name) => readFile(path.join(folder, name), 'latin1')))).join('\n')
  }
  return withPostgres(env.DATABASE_URL as string, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
    )
    const all: string[] = []
    for (const { name } of rows) {
      // As text, for what is bytes may hold something readable.
      const found = await client.query<{ row: string }>(
        `SELECT encode(one::text::bytea, 'escape') AS row FROM ${name} one`,
      )
      all.push(name, ...found.rows.map(({ row }) => row))
    }
    return all.join('\n')
  })
}

/** Takes a table away under the running shop, or gives it back. */
async function rename({ env }: TestDatabase, from: string, to: string): Promise<void> {
  const statement = `ALTER TABLE ${from} RENAME TO ${to}`
  if (env.DATABASE_URL !== undefined) {
    await withPostgres(env.DATABASE_URL, (client) => client.query(statement))
    return
  }
  const database = new DatabaseSync(env.DATABASE_FILE as string, { timeout: 5000 })
  database.exec(statement)
  database.close()
}

async function withPostgres<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

interface Page {
  readonly items: readonly { readonly id: number }[]
}

interface Reply {
  readonly status: number
  readonly text: string
  /** With its header fields. */
  readonly whole: string
}

describe.each(kinds)('what is sent to the shop on %s', (kind) => {
  it('shows in no log, no failure, no description, and nowhere at rest', async () => {
    const database = await createDatabase(kind)
    const running = await startNode('shop', 'main.ts', database.env)
    const { hostname: host, port } = new URL(running.url)
    const failures: string[] = []
    const replies: string[] = []
    const send = (
      method: string,
      where: string,
      headers: Readonly<Record<string, string>> = {},
      body?: object | string,
    ): Promise<Reply> =>
      new Promise((resolve, reject) => {
        const type = body === undefined ? {} : { 'content-type': 'application/json' }
        const asked = request({ host, port, method, path: where, headers: { ...type, ...headers } }, (given) => {
          let text = ''
          given.setEncoding('utf8').on('data', (chunk) => (text += chunk))
          given.on('end', () => {
            const reply = { status: given.statusCode ?? 0, text, whole: `${given.rawHeaders.join('\n')}\n${text}` }
            ;(reply.status < 400 ? replies : failures).push(`${method} ${reply.status}\n${reply.whole}`)
            resolve(reply)
          })
        })
        asked.once('error', reject).end(typeof body === 'object' ? JSON.stringify(body) : body)
      })
    const expectStatus = async (asked: Promise<Reply>, status: number): Promise<Reply> => {
      const reply = await asked
      expect(reply.status, reply.whole).toBe(status)
      return reply
    }
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    const tokens = async (username: string, password: string): Promise<Record<string, string>> => {
      const { text } = await expectStatus(send('POST', '/session/login', {}, { username, password }), 200)
      // The one reply that has them.
      replies.pop()
      return JSON.parse(text)
    }

    // What is taken.
    const customer = { name: kept.name, email: kept.email, password: secret.password }
    await expectStatus(send('POST', '/customers', {}, customer), 201)
    await expectStatus(send('POST', '/customers', {}, customer), 409)
    const { access_token = '' } = await tokens(kept.email, secret.password)
    const own = bearer(access_token)
    const manager = bearer((await tokens('mira', passwords.staff)).access_token ?? '')
    const made = await expectStatus(
      send('POST', '/keys', own, { name: kept.keyName, scopes: ['orders:write', 'orders:read'] }),
      201,
    )
    replies.pop()
    const { key } = JSON.parse(made.text) as { key: string }
    const partner = { 'x-api-key': key, 'idempotency-key': secret.idempotencyKey }
    const order = { items: [{ sku: 'TEA-MINT-50', qty: 1 }], notes: kept.notes }
    const { id } = JSON.parse((await expectStatus(send('POST', '/orders', partner, order), 201)).text) as { id: string }
    await expectStatus(send('POST', '/orders', partner, order), 201)
    await expectStatus(send('POST', '/orders', partner, { ...order, notes: 'another' }), 422)
    await expectStatus(send('POST', `/orders/${id}/pay`, own), 200)
    const refund = { amount_cents: 1, reason: kept.reason }
    const refunds = `/orders/${id}/refunds`
    await expectStatus(send('POST', refunds, { ...manager, 'idempotency-key': secret.idempotencyKey }, refund), 201)
    await expectStatus(send('GET', `/products?name[contains]=${secret.search}`), 200)
    await expectStatus(send('GET', `/products?${secret.queryName}=${secret.query}`), 422)
    for (const place of ['/orders', '/keys', '/customers']) await expectStatus(send('GET', place, own), 200)

    // What is not.
    const login = (body: object): Promise<Reply> => send('POST', '/session/login', {}, body)
    await expectStatus(login({ username: kept.email, password: secret.wrongPassword }), 401)
    await expectStatus(login({ username: secret.typedAsName, password: secret.wrongPassword }), 401)
    await expectStatus(login({ username: 7, password: secret.wrongPassword }), 422)
    await expectStatus(send('POST', '/session/refresh', {}, { refresh_token: secret.refreshToken }), 401)
    for (const [authorization, status] of [
      [`Bearer ${secret.token}`, 401],
      [`Bearer ${secret.token} ${secret.token}`, 400],
      [`Basic ${secret.basic}`, 401],
      [secret.token, 401],
    ] as const) {
      await expectStatus(send('GET', '/orders', { authorization }), status)
    }
    await expectStatus(send('GET', '/orders', { 'x-api-key': secret.apiKey }), 401)
    await expectStatus(send('GET', '/orders', { 'x-api-key': `${key}x` }), 401)
    await expectStatus(send('GET', '/orders', { cookie: `session=${secret.cookie}` }), 401)
    await expectStatus(send('GET', `/orders?access_token=${access_token}`), 401)
    const odd = { 'x-canary': secret.header, 'x-request-id': secret.requestId, 'user-agent': secret.header }
    await expectStatus(send('GET', `/${secret.path}`, { ...odd, referer: secret.header }), 404)
    await expectStatus(send('GET', `/orders/${secret.path}`, { ...own, ...odd }), 422)
    await expectStatus(send('GET', `/products/${sku}`), 404)
    await expectStatus(send('GET', `/products?limit=${secret.query}&in_stock=${secret.query}`), 422)
    await expectStatus(send('GET', `/products?cursor=${secret.cursor}`), 400)
    await expectStatus(send('GET', '/products', { accept: `text/${secret.accept}` }), 200)
    await expectStatus(
      send('PATCH', '/products/TEA-MINT-50', { ...manager, 'if-match': `"${secret.ifMatch}"` }, {}),
      412,
    )
    const wrong = {
      customer_id: secret.field,
      items: [{ sku: secret.field, qty: secret.field }],
      [secret.fieldName]: 1,
    }
    await expectStatus(send('POST', '/orders', partner, wrong), 422)
    const unknown = { items: [{ sku: sku, qty: 1 }] }
    await expectStatus(
      send('POST', '/orders', { ...partner, 'idempotency-key': `"${secret.idempotencyKey}` }, unknown),
      400,
    )
    await expectStatus(
      send('POST', '/orders', { ...partner, 'idempotency-key': `${secret.idempotencyKey}2` }, unknown),
      422,
    )
    await expectStatus(send('POST', '/orders', partner, `{"notes": "${secret.brokenJson}`), 400)
    await expectStatus(send('POST', '/orders', { ...partner, 'content-type': `text/${secret.mediaType}` }, 'x'), 415)
    await expectStatus(send('POST', '/customers', {}, { ...customer, email: secret.field }), 422)

    const person = `/customers/${(JSON.parse((await send('GET', '/customers', own)).text) as Page).items[0]?.id}`
    const change = { password: secret.newPassword, current_password: secret.wrongPassword }
    await expectStatus(send('PATCH', person, own, change), 403)
    await expectStatus(send('PATCH', person, own, { ...change, current_password: secret.password }), 200)

    // What fails inside.
    for (const table of ['customers', 'refunds', 'products']) {
      await rename(database, table, 'taken_away')
      const again = { ...partner, 'idempotency-key': crypto.randomUUID() }
      if (table === 'customers') {
        await expectStatus(send('POST', '/customers', {}, { ...customer, email: `two.${kept.email}` }), 500)
        await expectStatus(login({ username: kept.email, password: secret.password }), 500)
        await expectStatus(send('POST', '/orders', again, order), 500)
      } else if (table === 'refunds') {
        await expectStatus(send('POST', refunds, { ...manager, 'idempotency-key': crypto.randomUUID() }, refund), 500)
      } else {
        await expectStatus(send('GET', `/products?name[contains]=${secret.search}x`), 500)
        await expectStatus(send('POST', '/orders', again, order), 500)
      }
      await rename(database, 'taken_away', table)
    }
    // Shown a second time, it is told of.
    const { refresh_token = '' } = await tokens(kept.email, secret.newPassword)
    await expectStatus(send('POST', '/session/refresh', {}, { refresh_token }), 200)
    replies.pop()
    await expectStatus(send('POST', '/session/refresh', {}, { refresh_token }), 401)

    const lay = await atRest(database)
    const pages: string[] = []
    for (const place of ['/openapi.json', '/docs', '/redoc', '/reference', '/readyz']) {
      pages.push((await expectStatus(send('GET', place), 200)).text)
    }
    await expect.poll(running.output).toContain('RefreshTokenReused')
    const output = running.output()
    await running.stop()
    await database.remove()

    const secrets = [...Object.values(secret), loginKey, passwords.staff, passwords.customers]
    // Of tokens and keys the part that nobody may know.
    secrets.push(access_token.split('.')[2] ?? '', refresh_token.slice(-49), key.slice(-49))
    const seen = (text: string, all: readonly string[]): string[] =>
      all.filter((one) => text.toLowerCase().includes(one.toLowerCase()))
    const everything = [...secrets, ...Object.values(kept), sku]
    expect(output.match(/Failed query/g)?.length, output).toBeGreaterThan(5)
    expect({
      log: seen(output, [...everything, '$argon2']),
      failures: seen(failures.join('\n'), [...everything, '$argon2']),
      // The next page is found by the same query.
      replies: seen(replies.join('\n'), [...secrets, '$argon2']),
      pages: seen(pages.join('\n'), everything),
      atRest: seen(lay.replaceAll(`path:/products/${sku}`, ''), [...secrets, sku]),
    }).toEqual({ log: [], failures: [], replies: [], pages: [], atRest: [] })
    expect(seen(lay, Object.values(kept))).toEqual(Object.values(kept))
  }, 60_000)
})
