import { ne, sql } from 'drizzle-orm'
import { api, group } from 'trestle'
import { model, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { beforeAll, expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'

onBothDatabases('many rows at once', (opened) => {
  const start = async () => {
    const { tables, db } = opened()
    const hidden = model(tables.books, { version: 'version', deleted: 'deleted_at' })
    const given = api({
      branches: group('/branches', resource(tables.branches, { db, bulk: 5000 })),
      books: group('/books', resource(hidden, { db, bulk: 5000 })),
      loans: group('/loans', resource(tables.loans, { db, bulk: 5000 })),
    })
    const { fetch, close } = await createTestClient(given)
    const send = async (path: string, items: readonly object[]) => {
      const reply = await fetch(`${path}/bulk`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ items }),
      })
      const body = (await reply.json()) as {
        items: Record<string, unknown>[]
        errors?: { pointer: string; code: string }[]
      }
      return {
        status: reply.status,
        items: body.items,
        errors: body.errors?.map(({ pointer, code }) => [pointer, code]),
      }
    }
    return { send, close }
  }
  const book = (i: number) => ({
    branch_id: 1,
    isbn: `97800${String(i).padStart(8, '0')}`,
    title: `book ${(i * 7919) % 4001}`,
    added_at: '2026-01-02T03:04:05Z',
  })
  beforeAll(async () => {
    const { run, dialect } = opened()
    await run(sql`insert into branches (id, name) values (1, 'North')`)
    if (dialect === 'postgres') await run(sql`select setval('branches_id_seq', 10)`)
  })

  test('are few statements, however many they are, and come back in the order that they were given in', async () => {
    const { queries, database, tables } = opened()
    const { send, close } = await start()
    queries.length = 0
    const items = Array.from({ length: 4001 }, (_, i) => book(i))
    const made = await send('/books', items)
    expect(made.status).toBe(201)
    expect(made.items.map(({ isbn, title }) => [isbn, title])).toEqual(items.map(({ isbn, title }) => [isbn, title]))
    const ids = made.items.map(({ id }) => id as number)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(queries.length).toBeLessThan(30)
    expect(await database.$count(tables.books)).toBe(4001)
    const loans = Array.from({ length: 100 }, (_, i) => ({
      book_id: ids[99 - i],
      number: i % 7,
      reader: 'r',
      due: '2026-01-01',
    }))
    const lent = await send('/loans', loans)
    expect(lent.items.map(({ book_id, number }) => [book_id, number])).toEqual(
      loans.map(({ book_id, number }) => [book_id, number]),
    )
    await close()
  })

  test.each([
    ['has what another has', 'isbn', book(7).isbn, 409, 'taken'],
    ['has what one before it has', 'isbn', book(9001).isbn, 409, 'taken'],
    ['refers to what there is not', 'branch_id', 99, 422, 'unknown'],
  ])('are none where one of them %s, and which one is said', async (_, name, value, status, code) => {
    const { database, tables } = opened()
    const { send, close } = await start()
    const before = await database.$count(tables.books)
    const items = Array.from({ length: 300 }, (_, i) => ({ ...book(9000 + i), ...(i === 250 && { [name]: value }) }))
    const found = await send('/books', items)
    expect(found.status).toBe(status)
    expect(found.errors).toEqual([[`/body/items/250/${name}`, code]])
    expect(await database.$count(tables.books)).toBe(before)
    await close()
  })

  test('are the ones that were given, also where a trigger changes them', async () => {
    const { run, dialect } = opened()
    const { send, close } = await start()
    if (dialect === 'postgres') {
      await run(
        sql`create function shout() returns trigger language plpgsql as $$ begin new.name := upper(new.name); return new; end $$`,
      )
      await run(sql`create trigger shouts before insert on branches for each row execute function shout()`)
    }
    const names = Array.from({ length: 50 }, (_, i) => `branch ${(i * 37) % 50}`)
    const made = await send(
      '/branches',
      names.map((name) => ({ name })),
    )
    expect(made.status).toBe(201)
    expect(made.items.map(({ name }) => name)).toEqual(
      dialect === 'postgres' ? names.map((one) => one.toUpperCase()) : names,
    )
    await close()
  })

  test('of keys of several columns are looked at for who may see them, however many they are', async () => {
    const { tables, db, database } = opened()
    const [book] = await database.select({ id: tables.books.id }).from(tables.books).limit(1)
    const seen = model(tables.loans, { visible: () => ne(tables.loans.reader, 'nobody') })
    const { fetch, close } = await createTestClient(api({ loans: group('/loans', resource(seen, { db, bulk: 5000 })) }))
    const lend = async (last: string) => {
      const items = Array.from({ length: 3000 }, (_, i) => ({
        book_id: book?.id,
        number: 1000 + i,
        reader: i === 2999 ? last : 'r',
        due: '2026-01-01',
      }))
      const headers = { 'content-type': 'application/json' }
      const reply = await fetch('/loans/bulk', { method: 'POST', headers, body: JSON.stringify({ items }) })
      const { errors } = (await reply.json()) as { errors?: { pointer: string }[] }
      return [reply.status, errors?.map(({ pointer }) => pointer)]
    }
    expect(await lend('nobody')).toEqual([422, ['/body/items/2999']])
    expect(await lend('r')).toEqual([201, undefined])
    await close()
  })
})
