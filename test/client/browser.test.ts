import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, normalize } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../../src/client.ts'
import { membersOf } from '../../src/contract/api.ts'
import { api, get, text } from '../../src/index.ts'
import { type Server, serve } from '../../src/node.ts'
import { type Chromium, type Watched, createChromium } from '../browser/chromium.ts'
import { ORDERS, shop } from './shop.ts'

const src = join(import.meta.dirname, '../../src')

const PAGE = `<!doctype html><link rel="icon" href="data:,">
<script type="module">
  import * as module from '/src/client.ts'
  Object.assign(globalThis, module, { client: module.createClient('/') })
</script>`

/** The shop, with a page of its own, and the client's modules without their types. */
const site = api(
  { title: 'Shop' },
  {
    ...membersOf(shop),
    page: get('/page', { hidden: true, returns: text('text/html') }, () => PAGE),
    modules: get('/src/{path...}', { hidden: true, returns: text('text/javascript') }, ({ params }) =>
      stripTypeScriptTypes(readFileSync(join(src, normalize(`/${params.path}`)), 'utf8')),
    ),
  },
)

let server: Server
let browser: Chromium
let watched: Watched
beforeAll(async () => {
  server = await serve(site, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
  browser = await createChromium()
  watched = await browser.open(`${server.url}/page`)
  await watched.page.waitForFunction(() => 'client' in globalThis)
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

declare const client: Client<typeof shop>
declare const ApiError: typeof import('../../src/client.ts').ApiError

test('calls go out and replies come back', async () => {
  const found = await watched.page.evaluate(async () => {
    const created = await client.orders.create.reply({ body: { qty: 2 } })
    const bytes = await client.contents.bytes({ body: new Uint8Array([1, 2]) })
    const items: string[] = []
    for await (const order of client.orders.list.items()) items.push(order.id)
    return {
      created: [created.status, created.headers.get('location'), created.body],
      form: await client.contents.form({ body: { name: 'a', tags: ['b', 'c'] } }),
      text: await client.contents.text({ body: 'grün' }),
      bytes: [bytes instanceof Uint8Array, ...bytes],
      removed: await client.orders.remove({ params: { id: '1' } }),
      items,
      either: await client.either({ query: { fresh: true, tag: ['a'] }, headers: { 'x-tenant': 'acme' } }),
    }
  })
  expect(found).toEqual({
    created: [201, '/orders/o%2F9', { id: 'o/9', qty: 2 }],
    form: 'a:b+c',
    text: 'GRÜN',
    bytes: [true, 2, 1],
    removed: undefined,
    items: ORDERS.map(({ id }) => id),
    either: { id: 'acme', qty: 1 },
  })
  expect(watched.faults).toEqual([])
})

test('a redirect tells its status, for a browser shows nothing else of it', async () => {
  const found = await watched.page.evaluate(async () => {
    const { status, headers, body } = await client.gone.reply()
    return [status, [...headers], body]
  })
  expect(found).toEqual([303, [], undefined])
})

test('refusals, aborts and unknown operations are told apart', async () => {
  const found = await watched.page.evaluate(async () => {
    const calls = [
      () => client.orders.create({ body: { qty: 1, notes: 'the last one' } }),
      () => client.hello({ params: { name: 'x' } }, { signal: AbortSignal.abort() }),
      () => (client as never as { nothing(): Promise<void> }).nothing(),
    ]
    const settled = await Promise.allSettled(calls.map((call) => call()))
    return settled.map((result) => {
      if (result.status === 'fulfilled') return 'nothing thrown'
      const error = result.reason
      return error instanceof ApiError ? [error.name, error.code, error.extra] : [error.name]
    })
  })
  expect(found).toEqual([['ApiError', 'out_of_stock', { sku: 'tea' }], ['AbortError'], ['TypeError']])
})
