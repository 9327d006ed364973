import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvalidInput, NotFound } from 'trestle'
import { InvalidCursor } from 'trestle/resources'
import { EmailTaken } from '../../examples/shop/customers.ts'
import { OutOfStock, SkuTaken } from '../../examples/shop/products.ts'
import { kinds } from './database.ts'
import { type TestShop, all, createTestShop, refusal } from './test-shop.ts'

describe.each(kinds)('products and customers on %s', (kind) => {
  let test: TestShop
  let client: typeof test.client

  beforeAll(async () => {
    test = await createTestShop(kind)
    client = test.client
  })

  afterAll(async () => {
    expect(test?.failures).toEqual([])
    await test?.close()
  })

  const password = 'a password of the tests'
  const oolong = {
    sku: 'TEA-OOLONG-100',
    name: 'Tie Guan Yin',
    description: 'Half green, 100 % from Anxi.',
    category: 'tea',
    price_cents: 1990,
    cost_cents: 870,
  } as const

  it('adds a product, says where it is, and reads it there', async () => {
    const { status, headers, body } = await client.products.create.reply({ body: oolong })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe('/products/TEA-OOLONG-100')
    expect(body).toMatchObject({ sku: 'TEA-OOLONG-100', price_cents: 1990, currency: 'EUR', stock: 0 })
    expect(body.created_at).toBe(body.updated_at)
    expect(await client.products.read({ params: { sku: 'TEA-OOLONG-100' } })).toEqual(body)
  })

  it('refuses a second product of one SKU, and leaves the first as it is', async () => {
    await refusal(client.products.create({ body: { ...oolong, sku: 'TEA-MINT-50' } }), SkuTaken)
    expect(await client.products.read({ params: { sku: 'TEA-MINT-50' } })).toMatchObject({ price_cents: 690 })
  })

  it('names every wrong field of a product at once', async () => {
    const wrong = { ...oolong, sku: 'tea', name: ' ', price_cents: 1.5, category: 'cocoa' as never }
    const { errors } = await refusal(client.products.create({ body: wrong }), InvalidInput)
    const pointers = errors?.map(({ pointer }) => pointer).sort()
    expect(pointers).toEqual(['/body/category', '/body/name', '/body/price_cents', '/body/sku'])
  })

  it('refuses text that Postgres cannot hold', async () => {
    const { errors } = await refusal(client.products.create({ body: { ...oolong, name: 'a\0b' } }), InvalidInput)
    expect(errors).toMatchObject([{ pointer: '/body/name' }])
    const search = await refusal(client.products.list({ query: { 'name[contains]': '\0' } }), InvalidInput)
    expect(search.errors).toMatchObject([{ pointer: '/query/name[contains]' }])
  })

  it('changes what a patch names, and nothing else', async () => {
    const params = { sku: 'POT-GLASS-1L' }
    const before = await client.products.read({ params })
    const after = await client.products.update({ params, body: { price_cents: 3290, name: 'Teapot' } })
    expect(after).toEqual({ ...before, price_cents: 3290, name: 'Teapot', updated_at: after.updated_at })
    expect(Date.parse(after.updated_at)).toBeGreaterThan(Date.parse(before.updated_at))
    expect(await client.products.read({ params })).toEqual(after)
  })

  it('takes an empty patch', async () => {
    const params = { sku: 'TEA-MINT-50' }
    expect(await client.products.update({ params, body: {} })).toMatchObject({ name: 'Moroccan mint, 50 bags' })
  })

  it('answers 404 for a product that is not there', async () => {
    const params = { sku: 'NO-SUCH' }
    await refusal(client.products.read({ params }), NotFound)
    await refusal(client.products.update({ params, body: { price_cents: 1 } }), NotFound)
    await refusal(client.products.stock({ params, body: { change: 1 } }), NotFound)
  })

  it('adds to the stock and takes from it, never below nothing nor above the limit', async () => {
    const params = { sku: 'KETTLE-GOOSENECK' }
    expect(await client.products.stock({ params, body: { change: 5 } })).toMatchObject({ stock: 14 })
    expect(await client.products.stock({ params, body: { change: -14 } })).toMatchObject({ stock: 0 })
    const { extra } = await refusal(client.products.stock({ params, body: { change: -1 } }), OutOfStock)
    expect(extra).toEqual({ sku: 'KETTLE-GOOSENECK', available: 0 })
    await client.products.stock({ params, body: { change: 1 } })
    const { errors } = await refusal(client.products.stock({ params, body: { change: 1_000_000 } }), InvalidInput)
    expect(errors).toMatchObject([{ pointer: '/body/change', code: 'too_big' }])
  })

  it.each([
    [{ category: 'coffee' }, ['COFFEE-BRAZIL-1000', 'COFFEE-DECAF-250', 'COFFEE-ETHIOPIA-250']],
    [{ category: 'coffee', in_stock: true }, ['COFFEE-BRAZIL-1000', 'COFFEE-ETHIOPIA-250']],
    [{ category: 'coffee', in_stock: false }, ['COFFEE-DECAF-250']],
    [
      { 'price_cents[gte]': 2690, 'price_cents[lte]': 5990, in_stock: true, category: 'coffee' },
      ['COFFEE-BRAZIL-1000'],
    ],
    [{ 'name[contains]': 'DECAF' }, ['COFFEE-DECAF-250']],
    [{ 'name[contains]': '_' }, []],
    [{ 'name[contains]': '\\' }, []],
  ] as const)('narrows the list by %j', async (query, skus) => {
    const found = await all(client.products.list.items({ query }))
    expect(found.map(({ sku }) => sku)).toEqual(skus)
  })

  it.each([1, 3, 100])('walks all products in pages of %i: each once, in one order', async (limit) => {
    const pages = await all(client.products.list.pages({ query: { limit } }))
    expect(pages.slice(0, -1).every(({ items }) => items.length === limit)).toBe(true)
    const skus = pages.flatMap(({ items }) => items.map(({ sku }) => sku))
    expect(skus).toHaveLength(11)
    expect(new Set(skus).size).toBe(11)
    const { items } = await client.products.list({ query: { limit: 100 } })
    expect(skus).toEqual(items.map(({ sku }) => sku))
  })

  it('goes on after the last one seen, whatever came or changed before it', async () => {
    const first = await client.products.list({ query: { limit: 4 } })
    await client.products.create({ body: { ...oolong, sku: '0-FIRST', name: 'First' } })
    const query = { limit: 100, cursor: first.next_cursor as string }
    const rest = await client.products.list({ query })
    const seen = [...first.items, ...rest.items].map(({ sku }) => sku)
    expect(seen).toHaveLength(11)
    expect(new Set(seen).size).toBe(11)
  })

  it.each(['!', 'bm8gc2t1', 'A'.repeat(5000)])('refuses the cursor "%s", which no page had', async (cursor) => {
    await refusal(client.products.list({ query: { cursor } }), InvalidCursor)
  })

  it('exports every product as CSV that a spreadsheet does not run', async () => {
    await client.products.create({
      body: { ...oolong, sku: 'TEA-TRAP', name: '=HYPERLINK("http://trap.example")' },
    })
    const response = await test.fetch('/products/export', { headers: { accept: 'text/csv' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    const [head, ...lines] = (await response.text()).trimEnd().split('\r\n')
    expect(head).toBe('sku,name,description,category,price_cents,currency,stock,created_at,updated_at')
    expect(lines).toHaveLength((await all(client.products.list.items())).length)
    const line = (sku: string) => lines.find((one) => one.startsWith(`${sku},`))
    expect(line('TEA-ASSAM-250')).toMatch(/^TEA-ASSAM-250,"Assam TGFOP, loose, 250 g","[^"]+",tea,1450,EUR,75,2025-/)
    expect(line('TEA-TRAP')).toMatch(/^TEA-TRAP,"'=HYPERLINK\(""http:\/\/trap.example""\)",.+,tea,1990,EUR,0,20/)
  })

  it('exports more products than it reads at once', async () => {
    const numbers = Array.from({ length: 250 }, (_, index) => `BULK-${String(index).padStart(3, '0')}`)
    for (const sku of numbers) await client.products.create({ body: { ...oolong, sku } })
    const lines = (await (await test.fetch('/products/export', { headers: { accept: 'text/csv' } })).text())
      .trimEnd()
      .split('\r\n')
      .slice(1)
    const skus = lines.map((line) => line.split(',')[0])
    expect(skus.filter((sku) => sku?.startsWith('BULK-')).sort()).toEqual(numbers)
    expect(new Set(skus).size).toBe(skus.length)
  })

  it('adds a customer, says where, and reads them there', async () => {
    const body = { name: ' Grace Mbeki ', email: 'Grace@Mbeki.example', password }
    const { status, headers, body: grace } = await client.customers.create.reply({ body })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/customers/${grace.id}`)
    expect(grace).toMatchObject({ name: 'Grace Mbeki', email: 'grace@mbeki.example' })
    expect(await client.customers.read({ params: { id: grace.id } })).toEqual(grace)
  })

  it('refuses a second customer with one address, in whatever case', async () => {
    await refusal(client.customers.create({ body: { name: 'Ada', email: 'ADA@okafor.example', password } }), EmailTaken)
  })

  it('refuses an address that RFC 5321 does not know: what leaves is an email, as the description says', async () => {
    const body = { name: 'Ada', email: 'ada@okafor-.example', password }
    const { errors } = await refusal(client.customers.create({ body }), InvalidInput)
    expect(errors?.map(({ pointer, code }) => [pointer, code])).toEqual([['/body/email', 'invalid_format']])
  })

  it('refuses a customer without a name or with no address', async () => {
    const { errors } = await refusal(client.customers.create({ body: { email: 'ada' } as never }), InvalidInput)
    expect(errors?.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/body/name', 'required'],
      ['/body/email', 'invalid_format'],
      ['/body/password', 'required'],
    ])
  })

  it('answers 404 for a customer that is not there, 422 for what is no id', async () => {
    await refusal(client.customers.read({ params: { id: 4711 } }), NotFound)
    await refusal(client.customers.read({ params: { id: 2 ** 31 } }), InvalidInput)
  })

  it('walks all customers, page by page', async () => {
    const ids = (await all(client.customers.list.items({ query: { limit: 2 } }))).map(({ id }) => id)
    expect(ids).toHaveLength(6)
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other))
  })

  it('never lets out columns that no reply declares', async () => {
    const texts: string[] = []
    const manager = await test.login('mira')
    const read = async (path: string, init: RequestInit = {}): Promise<void> => {
      const response = await test.fetch(path, { ...init, headers: { ...init.headers, ...manager } })
      expect(response.ok, path).toBe(true)
      texts.push(await response.text())
    }
    const send = (method: string, body: object): RequestInit => ({
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
    await read('/customers?limit=100')
    await read('/customers/2')
    await read('/customers', send('POST', { name: 'Noor', email: 'noor@mail.example', password }))
    await read('/products?limit=100')
    await read('/products/TEA-OOLONG-100')
    await read('/products', send('POST', { ...oolong, sku: 'TEA-OOLONG-50', cost_cents: 870 }))
    await read('/products/TEA-OOLONG-100', send('PATCH', { cost_cents: 871 }))
    await read('/products/TEA-OOLONG-100/stock', send('POST', { change: 1 }))
    await read('/products/export')
    for (const text of texts) {
      expect(text).not.toMatch(/credit_note|Pays late|password|argon2|cost_cents|\b87[01]\b/)
    }
  })
})
