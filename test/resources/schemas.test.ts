import { sql } from 'drizzle-orm'
import { integer, pgSchema, pgTable, text } from 'drizzle-orm/pg-core'
import { api, group } from 'trestle'
import { model, one, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Opened, openPostgres } from './databases.ts'

/** Two tables of one name: each is in a schema of its own. */
const buyers = pgSchema('shop').table('people', { id: integer().primaryKey(), name: text() })
const keepers = pgSchema('staff').table('people', { id: integer().primaryKey(), name: text() })
const sales = pgTable('sales', {
  id: integer().primaryKey(),
  buyer_id: integer().references(() => buyers.id),
  keeper_id: integer().references(() => keepers.id),
})

let opened: Opened
beforeAll(async () => {
  opened = await openPostgres()
  const { run } = opened
  for (const schema of ['shop', 'staff']) {
    await run(sql`create schema ${sql.identifier(schema)}`)
    await run(sql`create table ${sql.identifier(schema)}.people (id int primary key, name text)`)
    await run(sql`insert into ${sql.identifier(schema)}.people values (1, ${schema})`)
  }
  await run(
    sql`create table sales (id int primary key, buyer_id int references shop.people, keeper_id int references staff.people)`,
  )
  await run(sql`insert into sales values (1, 1, 1)`)
}, 60_000)
afterAll(() => opened.close())

test('a relation shows rows of its own table, however often it is asked for', async () => {
  const expand = { buyer: one(model(buyers, { name: 'Buyer' })), keeper: one(model(keepers, { name: 'Keeper' })) }
  const { fetch, close } = await createTestClient(
    api({ sales: group('/sales', resource(sales, { db: opened.db, expand })) }),
  )
  for (let i = 0; i < 3; i++) {
    const { buyer, keeper } = await (await fetch('/sales/1?expand=buyer,keeper')).json()
    expect([buyer, keeper]).toEqual([
      { id: 1, name: 'shop' },
      { id: 1, name: 'staff' },
    ])
  }
  await close()
})

test('rows are within those that their foreign key refers to, and of no other table that is called so', () => {
  const { db } = opened
  expect(() => resource(sales, { db, within: { buyer_id: keepers } })).toThrow(
    '"within" says that buyer_id names a row of people, and no foreign key of sales on buyer_id refers to it',
  )
  expect(Object.keys(resource(sales, { db, within: { buyer_id: buyers } }))).toContain('list')
})
