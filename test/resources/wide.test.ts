import { sql } from 'drizzle-orm'
import * as pg from 'drizzle-orm/pg-core'
import * as lite from 'drizzle-orm/sqlite-core'
import { api, group } from 'trestle'
import { resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'

// Postgres takes 100 arguments of a function, and 65,535 values of a statement; SQLite 32,766 of these.
onBothDatabases('a table of 400 columns', (opened) => {
  test('is imported, listed and exported as any other', async () => {
    const { dialect, db, run, tables } = opened()
    const names = Array.from({ length: 400 }, (_, i) => `c${i}`)
    const columns = sql.join(
      names.map((name) => sql`${sql.identifier(name)} integer`),
      sql`, `,
    )
    await run(
      sql`create table wide (id ${sql.raw(dialect === 'postgres' ? 'serial' : 'integer')} primary key, ${columns})`,
    )
    const each = <C>(column: () => C) => Object.fromEntries(names.map((name) => [name, column()]))
    const table =
      dialect === 'postgres'
        ? pg.pgTable('wide', { id: pg.serial().primaryKey(), ...each(() => pg.integer()) })
        : lite.sqliteTable('wide', { id: lite.integer().primaryKey(), ...each(() => lite.integer()) })
    const limits = { body: 5_000_000 }
    const options = { db, import: true, export: true, endpoints: { import: { limits } } } as const
    const wide = resource(table as unknown as typeof tables.branches, options)
    const { fetch, close, failures } = await createTestClient(api({ wide: group('/wide', wide) }))
    const row = Object.fromEntries(names.map((name, i) => [name, i]))
    const body = `${JSON.stringify(row)}\n`.repeat(250)
    const headers = { 'content-type': 'application/x-ndjson' }
    const report = await fetch('/wide/import', { method: 'POST', headers, body })
    expect([report.status, await report.json()]).toEqual([200, { created: 250, refused: 0, rows: [] }])
    expect((await (await fetch('/wide?limit=2')).json()).items).toEqual([1, 2].map((id) => ({ id, ...row })))
    const lines = await (await fetch('/wide/export', { headers: { accept: 'application/x-ndjson' } })).text()
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toHaveLength(250)
    expect(failures).toEqual([])
    await close()
  })
})
