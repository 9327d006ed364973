import { Agent, request } from 'node:http'
import { type Operation, api, post, walk } from 'trestle'
import { apiKeys } from 'trestle/auth'
import { createClient } from 'trestle/client'
import { type OpenApiDocument, toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import shop from '../../examples/shop/shop.ts'
import { type Answer, alone, together } from '../batch/calls.ts'
import { type Credential, bearer, forged, wrongCredentials } from './credentials.ts'
import { type TestDatabase, createDatabase, passwords } from './database.ts'
import { type Running, startNode } from './process.ts'
import { all, logIn, staffClient } from './test-shop.ts'

/** Who gets where: every endpoint there is, with everything that lets nobody in, however its address is written. */

const operations = walk(shop)
const isPublic = ({ spec }: Operation): boolean => spec.security === 'public'
const guarded = operations.filter((operation) => !isPublic(operation))
const OWNER = { username: 'chiara@conti.example', password: passwords.customers }
const OTHER = { username: 'emre@yildiz.example', password: passwords.customers }

let database: TestDatabase
let running: Running
let manager: Awaited<ReturnType<typeof staffClient>>
/** What the owner has, by the name of the parameter and the group that it is in. */
let owned: Readonly<Record<string, string>>
const agent = new Agent({ keepAlive: true })

beforeAll(async () => {
  database = await createDatabase('SQLite')
  running = await startNode('shop', 'main.ts', database.env)
  manager = await staffClient(running.url)
  const customers = await all(manager.customers.list.items())
  const customer = customers.find(({ email }) => email === OWNER.username)?.id ?? 0
  const [order] = await all(manager.orders.list.items({ query: { customer_id: customer } }))
  const order_id = order?.id ?? ''
  const [refund] = await all(manager.orders.refunds.list.items({ params: { order_id } }))
  const scopes = ['orders:read' as const]
  const key = await manager.keys.create({ body: { name: 'of the owner', scopes, customer_id: customer } })
  owned = {
    'customers id': String(customer),
    'keys id': key.id,
    'orders id': order_id,
    'orders order_id': order_id,
    'refunds id': refund?.id ?? '',
    'products sku': 'TEA-ASSAM-250',
  }
}, 60_000)

afterAll(async () => {
  agent.destroy()
  await running?.stop()
  await database?.remove()
})

/** The address of what the owner has; of what nobody has, where that is asked. */
function pathOf({ path }: Operation, ofNobody = false): string {
  const segments = path.split('/')
  return segments
    .map((segment, at) => {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1]
      if (name === undefined) return segment
      const group = segments.slice(0, at).findLast((one) => !one.startsWith('{'))
      const value = owned[`${group} ${name}`]
      if (value === undefined) throw new Error(`say above what {${name}} of ${path} is`)
      // As long and of the same form: of a UUID and a key the last sign is another, of a number more come.
      return !ofNobody
        ? value
        : /^\d+$/.test(value)
          ? `${value}4711`
          : `${value.slice(0, -1)}${value.endsWith('a') ? 'b' : 'a'}`
    })
    .join('/')
}

interface Given {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

/** As the bytes are, without what a URL would make of the path; with a body that would be taken. */
function ask(method: string, path: string, headers: Readonly<Record<string, string>>, body?: object): Promise<Given> {
  const sent = body === undefined ? undefined : JSON.stringify(body)
  const more = sent && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(sent)) }
  const { hostname: host, port } = new URL(running.url)
  return new Promise((resolve, reject) => {
    const asked = request({ agent, host, port, method, path, headers: { ...headers, ...more } }, (given) => {
      let text = ''
      given.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      given.on('end', () => resolve({ status: given.statusCode ?? 0, headers: given.headers, text }))
    })
    asked.once('error', reject).end(sent)
  })
}

/** A body that the endpoint takes, of the examples of its schema. */
function bodyOf({ spec }: Operation): object | undefined {
  const { body } = spec as { readonly body?: { meta?: () => { examples?: readonly object[] } | undefined } }
  if (body === undefined) return undefined
  const example = body.meta?.()?.examples?.[0]
  if (example === undefined) throw new Error('give the body an example')
  return example
}

const key = { 'idempotency-key': 'of the table' }

/** Other ways to write an address. Those of `same` mean the same; the others are none of the shop's, or of no thing. */
const spellings = (path: string) => {
  const encoded = `%${path.charCodeAt(1).toString(16)}`
  return {
    same: [`/${encoded}${path.slice(2)}`, `${path}?access=all`],
    others: [
      `/${path}`,
      `/.${path}`,
      `/products/..${path}`,
      `/products/%2e%2e${path}`,
      `${path}/`,
      `${path}/.`,
      `/${path.slice(1).toUpperCase()}`,
      `${path};x=1`,
      `${path}%2f`,
      path.replace(/\/([^/]*)$/, '%2f$1'),
      `${path}%00`,
      `\\${path.slice(1)}`,
    ],
  }
}

/** All that could have changed. */
async function everything(): Promise<unknown> {
  const [customers, orders, products, keys] = await Promise.all([
    all(manager.customers.list.items()),
    all(manager.orders.list.items()),
    all(manager.products.list.items()),
    manager.keys.list(),
  ])
  return { customers, orders, products, keys: keys.map((key) => ({ ...key, last_used_at: null })) }
}

describe('the table of who gets where', () => {
  let wrong: Readonly<Record<string, Credential>>

  beforeAll(async () => {
    wrong = await wrongCredentials(createClient<typeof shop>(running.url), OTHER)
  })

  it('has these endpoints that anybody may call, and no other', () => {
    expect(operations.filter(isPublic).map(({ id }) => id)).toEqual([
      'session.login',
      'session.refresh',
      'session.logout',
      'customers.create',
      'products.list',
      'products.export',
      'products.read',
      'batch',
    ])
    expect(guarded.length).toBeGreaterThan(15)
  })

  it('lets in whom the shop knows, so that what is wrong below is what its name says', async () => {
    const headers = bearer(await forged())
    for (const operation of guarded.filter(({ method }) => method === 'GET')) {
      const { status } = await ask('GET', pathOf(operation), headers)
      expect([operation.id, status]).toEqual([operation.id, 200])
      for (const path of spellings(pathOf(operation)).same) {
        // Lists take no fields that they do not have.
        // What has a query knows all of its fields.
        const expected = operation.spec.query !== undefined && path.includes('?') ? 422 : 200
        expect([path, (await ask('GET', path, headers)).status]).toEqual([path, expected])
      }
    }
  })

  it.each(guarded.map((operation) => [operation.id, operation] as const))('%s', async (id, operation) => {
    const before = await everything()
    const plain = pathOf(operation)
    const { same, others } = spellings(plain)
    const body = bodyOf(operation)
    for (const [what, { headers: shown, query, status, challenge }] of Object.entries(wrong)) {
      const headers = { ...shown, ...key }
      const withQuery = (path: string): string =>
        query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`
      const told = (method: string, path: string, { status, headers }: Given): string =>
        `${id}, ${what}: ${method} ${path} → ${status} ${headers['www-authenticate']}`

      for (const path of [plain, ...same]) {
        for (const method of operation.method === 'GET' ? ['GET', 'HEAD'] : [operation.method]) {
          const given = await ask(method, withQuery(path), headers, method === operation.method ? body : undefined)
          expect(given.status, told(method, path, given)).toBe(status)
          const field = given.headers['www-authenticate']
          if (typeof challenge === 'string') expect(field, told(method, path, given)).toBe(challenge)
          else expect(field, told(method, path, given)).toMatch(challenge)
          expect(given.headers['x-content-type-options']).toBe('nosniff')
          if (method === 'HEAD') expect(given.text).toBe('')
        }
        const options = await ask('OPTIONS', withQuery(path), headers)
        expect(options.status, told('OPTIONS', path, options)).toBe(204)
        expect(options.headers.allow, told('OPTIONS', path, options)).toContain(operation.method)
        const unknown = await ask('QUERY', withQuery(path), headers)
        expect(unknown.status, told('QUERY', path, unknown)).toBe(405)
        expect(unknown.headers.allow).toBe(options.headers.allow)
      }
      for (const path of others) {
        for (const method of operation.method === 'GET' ? ['GET', 'HEAD', 'OPTIONS'] : [operation.method, 'OPTIONS']) {
          const given = await ask(method, withQuery(path), headers, method === operation.method ? body : undefined)
          const allowed = method === 'OPTIONS' ? [204, 400, 404] : [400, status, 404, 405]
          expect(allowed, told(method, path, given)).toContain(given.status)
        }
      }
    }
    expect(await everything()).toEqual(before)
  })
})

describe('a batch', () => {
  it('is a door that lets nobody in who is not let in by the other: the same reply to each, whatever is shown', async () => {
    const wrong = await wrongCredentials(createClient<typeof shop>(running.url), OTHER)
    const before = await everything()
    const fetchIt = (path: string, init?: RequestInit): Promise<Response> => fetch(running.url + path, init)
    const bare = ({ status, headers, body }: Answer) => ({ status, challenge: headers['www-authenticate'], body })
    for (const [what, { headers, query, status }] of Object.entries(wrong)) {
      const requests = guarded.map((operation) => {
        const path = pathOf(operation) + (query === undefined ? '' : `?${query}`)
        const body = bodyOf(operation)
        const own = operation.method === 'GET' ? {} : { headers: key }
        return { method: operation.method, path, ...own, ...(body && { body }) }
      })
      const { replies } = await together(fetchIt, requests, headers)
      expect(replies.map((reply) => reply.status)).toEqual(requests.map(() => status))
      for (const [index, request] of requests.entries()) {
        const singly = await alone(fetchIt, request, headers)
        expect([what, request.path, bare(replies[index] as Answer)]).toEqual([what, request.path, bare(singly)])
      }
    }
    expect(await everything()).toEqual(before)
  })

  it('takes no credentials from what is in it', async () => {
    const right = bearer(await forged())
    const cookie = { cookie: `token=${right.authorization}` }
    for (const shown of [right, { 'x-api-key': 'shop_x' }, cookie, { Authorization: right.authorization }]) {
      const requests = guarded.map((operation) => ({
        method: operation.method,
        path: pathOf(operation),
        headers: shown,
      }))
      const { replies } = await together((path, init) => fetch(running.url + path, init), requests)
      for (const { status, body } of replies) expect([status, body]).toMatchObject([400, { code: 'bad_request' }])
    }
  })
})

describe('what another customer has', () => {
  const scopes = ['customers:read', 'orders:read', 'orders:write'] as const
  let ways: readonly { readonly shown: Readonly<Record<string, string>>; readonly has: readonly string[] }[]
  let document: OpenApiDocument

  beforeAll(async () => {
    const client = createClient<typeof shop>(running.url)
    const login = await logIn(client, OTHER.username)
    const { key } = await client.keys.create({ body: { name: 'all', scopes: [...scopes] } }, { headers: login })
    ways = [
      { shown: login, has: [...scopes, 'customers:write', 'keys:write'] },
      { shown: { 'x-api-key': key }, has: scopes },
    ]
    document = await toOpenApi(shop)
  })

  it.each(guarded.map((operation) => [operation.id, operation] as const))(
    '%s: is as if it were not there',
    async (_id, operation) => {
      const described = document.paths[operation.path]?.[operation.method.toLowerCase() as 'get']
      const needed = described?.security?.[0]?.token ?? []
      expect(needed.length).toBeGreaterThan(0)
      const before = await everything()
      const make = operation.method === 'POST' && !operation.path.includes('{')
      // What is made is made for the owner.
      const body = make ? { ...bodyOf(operation), customer_id: Number(owned['customers id']) } : bodyOf(operation)
      for (const { shown, has } of ways) {
        const asked = (path: string) =>
          ask(operation.method, path, { ...shown, 'idempotency-key': crypto.randomUUID() }, body)
        const theirs = await asked(pathOf(operation))
        if (make || !needed.every((scope) => has.includes(scope))) {
          expect([theirs.status, JSON.parse(theirs.text)]).toMatchObject([403, { code: 'forbidden' }])
        } else if (operation.path.includes('{')) {
          expect([theirs.status, JSON.parse(theirs.text)]).toMatchObject([404, { code: 'not_found' }])
          const nobodys = await asked(pathOf(operation, true))
          expect([nobodys.status, nobodys.text]).toEqual([theirs.status, theirs.text])
        } else {
          expect(theirs.status).toBe(200)
          const ids = [owned['customers id'], owned['orders id'], owned['keys id']]
          for (const id of ids) expect(theirs.text).not.toMatch(new RegExp(`"(id|customer_id)":"?${id}"?[,}]`))
        }
      }
      expect(await everything()).toEqual(before)
    },
  )

  it('is there for the manager: each of these addresses leads to something', async () => {
    for (const operation of guarded.filter(({ path }) => path.includes('{'))) {
      const headers = { ...bearer(await forged()), 'idempotency-key': crypto.randomUUID() }
      const { status } = await ask(operation.method, pathOf(operation), headers, bodyOf(operation))
      expect([200, 201, 204, 409], `${operation.id}: ${status}`).toContain(status)
    }
  })
})

it('takes nobody for staff who is no customer: a key that was made beside the shop has an owner who is neither', async () => {
  const { keys } = apiKeys({ prefix: 'shop' })
  const make = post('/keys', { use: { keys } }, ({ keys }) =>
    keys.create({ name: 'made elsewhere', owner: 'acme', scopes: ['orders:read', 'customers:read', 'keys:write'] }),
  )
  const backend = `sqlite:${database.env.DATABASE_FILE}-state`
  const beside = await createTestClient(api({ make }), { backend })
  const { text } = (await (await beside.fetch('/keys', { method: 'POST' })).json()) as { text: string }
  await beside.close()
  for (const path of ['/orders', '/customers', '/keys', `/orders/${owned['orders id']}`]) {
    const given = await ask('GET', path, { 'x-api-key': text })
    expect([given.status, JSON.parse(given.text)]).toMatchObject([403, { detail: 'This key belongs to no customer' }])
  }
})
