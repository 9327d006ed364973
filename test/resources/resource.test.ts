import { api, group, walk } from 'trestle'
import { bearer } from 'trestle/auth'
import { resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'
import { library } from './library.ts'

onBothDatabases('a resource', (opened) => {
  let close: () => Promise<void>
  let library_: Awaited<ReturnType<typeof start>>
  const start = () => createTestClient(library(opened()))
  beforeAll(async () => {
    library_ = await start()
    close = library_.close
  })
  afterAll(() => close())

  test('has every verb', async () => {
    const { client, fetch, failures } = library_
    expect(failures.map(String)).toEqual([
      'Error: authors.list: no index of authors begins with name, born: add one for each, or take it out of "filter"; no index of authors begins with name, born: add one for each, or take it out of "sort"',
      'Error: books.list: no index of books begins with status, pages, added_at, is_rare, price: add one for each, or take it out of "filter"; no index of books begins with pages, added_at, weight: add one for each, or take it out of "sort"; books has no index of words: add one, or take out "search"',
    ])
    const before = failures.length
    const branch = await client.branches.create({ body: { name: 'North' } })
    expect(branch).toEqual({ id: 1, name: 'North' })
    const author = await client.authors.create({ body: { name: 'Ursula', born: 1929 } })
    expect(author).toEqual({ id: 1, name: 'Ursula', born: 1929 })
    const book = await client.books.create({
      body: { branch_id: 1, author_id: 1, isbn: '9780000000001', title: 'Rocannon' },
    })
    expect(book).toMatchObject({ id: 1, title: 'Rocannon', status: 'in', is_rare: false, version: 1, pages: null })
    expect(book).not.toHaveProperty('deleted_at')
    const read = await client.books.read({ params: { id: 1 }, query: { expand: ['author', 'loans', 'branch'] } })
    expect(read).toMatchObject({ author: { name: 'Ursula' }, loans: [], branch: { name: 'North' } })
    const updated = await client.books.update({ params: { id: 1 }, body: { pages: 300, tags: ['a', { b: 1 }] } })
    expect(updated).toMatchObject({ pages: 300, version: 2, tags: ['a', { b: 1 }] })
    const list = await client.books.list({
      query: { status: 'in', 'pages[gte]': 300, sort: ['-title'], fields: ['title'] },
    })
    expect(list).toEqual({ items: [{ id: 1, title: 'Rocannon' }], next_cursor: null })
    expect(failures.slice(before)).toEqual([])
    const reply = await fetch('/books/1')
    expect(reply.headers.get('etag')).toBe('"2"')
    const replaced = await client.books.replace({
      params: { id: 1 },
      body: { branch_id: 1, isbn: '9780000000002', title: 'Malafrena' },
    })
    expect(replaced).toMatchObject({ title: 'Malafrena', pages: null, author_id: null, version: 3 })
    await client.books.remove({ params: { id: 1 } })
    expect((await fetch('/books/1')).status).toBe(404)
    expect(failures.slice(before)).toEqual([])
  })

  test('walks a list page by page, forwards and by what is null', async () => {
    const { client, fetch } = library_
    const { database, tables } = opened()
    const titles = Array.from({ length: 23 }, (_, i) => `Walk ${i % 5}`)
    await database.insert(tables.books).values(
      titles.map((title, i) => ({
        branch_id: 1,
        isbn: `978100000${1000 + i}`,
        title,
        pages: i % 3 === 0 ? null : i + 1,
      })),
    )
    for (const sort of [['title'], ['-title'], ['pages'], ['-pages', 'title'], ['added_at']] as const) {
      const ids: number[] = []
      let cursor: string | undefined
      do {
        const page = await client.books.list({
          query: { 'title[starts]': 'walk', sort, limit: 4, ...(cursor !== undefined && { cursor }) },
        })
        ids.push(...page.items.map(({ id }) => id as number))
        cursor = page.next_cursor ?? undefined
      } while (cursor !== undefined)
      const whole = await client.books.list({ query: { 'title[starts]': 'walk', sort, limit: 100 } })
      expect(ids).toEqual(whole.items.map(({ id }) => id))
      expect(ids).toHaveLength(23)
    }
    const link = (await fetch('/books?title[starts]=walk&limit=4')).headers.get('link')
    expect(link).toMatch(/^<\/books\?title%5Bstarts%5D=walk&limit=4&cursor=[\w-]+>; rel="next"$/)
    const json = (await (await fetch('/books?title[starts]=walk&limit=1')).json()) as { items: object[] }
    expect(Object.keys(json.items[0] ?? {})).toEqual(Object.keys(await client.books.read({ params: { id: 2 } })))
  })

  test('says what holds for all that read, and for all that write', async () => {
    const { tables, db } = opened()
    const staff = bearer({}, (token) => (token === 'staff' ? { id: 1 } : undefined), {
      principal: ({ id }) => `staff:${id}`,
    })
    const options = { db, reads: { security: 'public' }, writes: { security: staff }, export: true } as const
    const given = api({
      branches: group('/b', resource(tables.branches, { ...options, endpoints: { remove: false } })),
    })
    const secured = [...walk(given)].map(({ id, guards }) => [id, guards.length > 0])
    expect(Object.fromEntries(secured)).toEqual({
      'branches.list': false,
      'branches.read': false,
      'branches.export': false,
      'branches.create': true,
      'branches.replace': true,
      'branches.update': true,
      'branches.createMany': true,
      'branches.updateMany': true,
      'branches.removeMany': true,
    })
  })
})
