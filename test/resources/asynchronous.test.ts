import { DatabaseSync } from 'node:sqlite'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/sqlite-proxy'
import { api, depends, group } from 'trestle'
import { type AnyDatabase, model, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { caller } from './caller.ts'
import { ddl, folders } from './owned-sqlite.ts'

/** SQLite behind a driver that answers later, and begins where it is waited for, as those for another process do. */
const file = new DatabaseSync(':memory:')
const rowsOf = (text: string, params: readonly unknown[], isArray: boolean): unknown[] => {
  const statement = file.prepare(text)
  statement.setReturnArrays(isArray)
  return statement.all(...(params as never[]))
}
const database = drizzle({
  all: async (text: string, params: unknown[], mode?: string) => rowsOf(text, params, mode !== 'object') as never,
  get: async (text: string, params: unknown[], mode?: string) => rowsOf(text, params, mode !== 'object')[0] as never,
  run: async (text: string, params: unknown[]) => file.prepare(text).run(...(params as never[])),
})

async function start() {
  const db = depends({}, () => database as unknown as AnyDatabase, { scope: 'app' })
  const folder = model(folders, { use: { caller }, visible: ({ caller }, { owner }) => eq(owner, caller) })
  return createTestClient(api({ folders: group('/folders', resource(folder, { db, tx: db, import: true })) }))
}

let started: Awaited<ReturnType<typeof start>>
beforeAll(async () => {
  for (const statement of ddl) await database.run(statement)
  started = await start()
})
afterAll(async () => {
  await started.close()
  file.close()
})

test('a row that an import refuses leaves nothing behind, and the others are there once', async () => {
  const rows = ['ann', 'bob', 'ann'].map((owner, i) => JSON.stringify({ owner, name: `f${i}` }))
  const headers = { 'x-caller': 'ann', 'content-type': 'application/x-ndjson' }
  const reply = await started.fetch('/folders/import', { method: 'POST', headers, body: rows.join('\n') })
  expect(await reply.json()).toMatchObject({ created: 2, refused: 1, rows: [{ row: 2 }] })
  expect(await database.select({ owner: folders.owner, name: folders.name }).from(folders)).toEqual([
    { owner: 'ann', name: 'f0' },
    { owner: 'ann', name: 'f2' },
  ])
})
