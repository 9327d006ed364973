import { sql } from 'drizzle-orm'
import * as pg from 'drizzle-orm/pg-core'
import * as lite from 'drizzle-orm/sqlite-core'
import { api, group } from 'trestle'
import { many, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'

onBothDatabases('columns that are called as parts of queries are', (opened) => {
  test('are columns all the same, and no filters where a list has such a field', async () => {
    const { dialect, db, run, tables } = opened()
    const names = ['k0', 'place', '~k0', 'ids', 'v0', 'f0', 'p_id', 'limit', 'order', 'select', 'q', 'total'] as const
    const texts = (text: () => never) =>
      Object.fromEntries(names.map((name) => [name, text()])) as Record<string, never>
    const table =
      dialect === 'postgres'
        ? pg.pgTable('odd', { id: pg.integer().primaryKey(), of: pg.integer(), ...texts(() => pg.text() as never) })
        : lite.sqliteTable('odd', {
            id: lite.integer().primaryKey(),
            of: lite.integer(),
            ...texts(() => lite.text() as never),
          })
    const columns = names.map((name) => sql.identifier(name))
    await run(
      sql`create table odd (id integer primary key, "of" integer, ${sql.join(
        columns.map((one) => sql`${one} text`),
        sql`, `,
      )})`,
    )
    for (const id of [1, 2, 3])
      await run(
        sql`insert into odd values (${id}, 1, ${sql.join(
          names.map((name) => sql`${`${name} ${id}`}`),
          sql`, `,
        )})`,
      )
    const odd = table as unknown as typeof tables.samples
    const filter = ['k0', 'place', '~k0', 'ids', 'v0', 'f0', 'p_id', 'order', 'select', 'total']
    const options = { db, filter, sort: names, sparse: true, expand: { others: many(odd, { by: 'of' }) } }
    const { fetch, close, failures } = await createTestClient(
      api({ odd: group('/odd', resource(odd, options as never) as never) }),
    )
    for (const name of names) {
      const field = encodeURIComponent(name)
      const query = filter.includes(name) ? `${field}%5Bgte%5D=${field}` : ''
      const all: object[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const reply: Response = await fetch(
          `/odd?limit=1&expand=others&sort=-${field}&${query.replace('gte', 'contains')}${cursor && `&cursor=${cursor}`}`,
        )
        const body = await reply.json()
        expect([name, reply.status]).toEqual([name, 200])
        all.push(...body.items)
        cursor = body.next_cursor
      }
      expect(all).toHaveLength(3)
      const row = (id: number) => ({ id, of: 1, ...Object.fromEntries(names.map((one) => [one, `${one} ${id}`])) })
      expect(all[0]).toEqual({ ...row(3), others: [] })
      expect(all[2]).toEqual({ ...row(1), others: [row(1), row(2), row(3)] })
    }
    expect(failures.map(String).filter((text) => !text.includes('no index'))).toEqual([])
    await close()
    for (const name of ['limit', 'q'])
      expect(() => resource(odd, { db, filter: [name] } as never)).toThrow(
        `"filter" names ${name}, and the field ${name} of a list`,
      )
  })
})
