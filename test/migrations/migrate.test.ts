import { cp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator'
import { drizzle as drizzleSqlite } from 'drizzle-orm/node-sqlite'
import { migrate as migrateSqlite } from 'drizzle-orm/node-sqlite/migrator'
import type { Pool } from 'pg'
import { MigrationError, migrate, migrationStatus } from 'trestle/migrations'
import { expect, test } from 'vitest'
import { type Place, onBothDatabases } from './databases.ts'
import type { Opened } from './open.ts'

const BOOKS = '20260101000000_books'
const LOANS = '20260102000000_loans'
const READERS = '20260103000000_readers'

async function writeThree({ write }: Place): Promise<void> {
  await write(BOOKS, 'CREATE TABLE books (id integer PRIMARY KEY, title text)', "INSERT INTO books VALUES (1, 'Tea')")
  await write(LOANS, 'CREATE TABLE loans (book_id integer REFERENCES books (id))')
  await write(READERS, 'CREATE TABLE readers (name text)')
}

/** Drizzle's own migrator, on the same database. */
async function migrateWithDrizzle({ kind, folder }: Place, { database }: Opened): Promise<void> {
  const config = { migrationsFolder: folder }
  if (kind === 'sqlite') migrateSqlite(drizzleSqlite({ client: database as DatabaseSync }), config)
  else await migratePostgres(drizzlePostgres({ client: database as Pool }), config)
}

onBothDatabases('migrate', (place) => {
  const opened = async (work: (opened: Opened) => Promise<void>): Promise<void> => {
    const one = place().open()
    try {
      await work(one)
    } finally {
      await one.close()
    }
  }

  test('applies what is pending, in the order of the names, and nothing twice', () =>
    opened(async ({ database, rows }) => {
      await writeThree(place())
      expect(await migrate(database, place().folder)).toEqual([BOOKS, LOANS, READERS])
      expect(await migrate(database, place().folder)).toEqual([])
      expect(await rows('SELECT * FROM books')).toEqual([{ id: 1, title: 'Tea' }])
      // One that came from another branch, and is older than the last.
      await place().write('20260102120000_shelves', 'CREATE TABLE shelves (name text)')
      expect(await migrate(database, place().folder)).toEqual(['20260102120000_shelves'])
      expect((await migrationStatus(database, place().folder)).map(({ state }) => state)).toEqual(
        Array(4).fill('applied'),
      )
    }))

  test('takes a Drizzle database, and a folder as a URL', () =>
    opened(async ({ database }) => {
      await writeThree(place())
      const over =
        place().kind === 'sqlite'
          ? drizzleSqlite({ client: database as DatabaseSync })
          : drizzlePostgres({ client: database as Pool })
      expect(await migrate(over, new URL(`file://${place().folder}`))).toEqual([BOOKS, LOANS, READERS])
    }))

  test("keeps its books as Drizzle's own migrator does, and reads those of it", () =>
    opened(async (one) => {
      await place().write(BOOKS, 'CREATE TABLE books (id integer PRIMARY KEY)')
      await migrateWithDrizzle(place(), one)
      await place().write(LOANS, 'CREATE TABLE loans (id integer PRIMARY KEY)')
      expect(await migrate(one.database, place().folder)).toEqual([LOANS])
      await migrateWithDrizzle(place(), one)
      const all = await migrationStatus(one.database, place().folder)
      expect(all).toMatchObject([BOOKS, LOANS].map((name) => ({ name, state: 'applied', file: 'same' })))
      for (const { appliedAt } of all) expect(Math.abs((appliedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
    }))

  test('one that fails leaves nothing of itself, and names file, line and statement', () =>
    opened(async ({ database, rows }) => {
      await place().write(BOOKS, 'CREATE TABLE books (id integer PRIMARY KEY)')
      await place().write(LOANS, 'CREATE TABLE loans (id integer)', '\nINSERT INTO loans\nSELECT shelf FROM books')
      await place().write(READERS, 'CREATE TABLE readers (name text)')
      const error = await migrate(database, place().folder).catch((error: unknown) => error)
      const file = path.relative('', path.join(place().folder, LOANS, 'migration.sql'))
      const says = place().kind === 'sqlite' ? 'no such column: shelf' : 'column "shelf" does not exist'
      expect((error as Error).message).toBe(
        `the migration ${LOANS} failed, and nothing of it was kept: mend it, and start again\n` +
          `  ${file}:4: ${says}\n    INSERT INTO loans\n    SELECT shelf FROM books`,
      )
      expect(error).toBeInstanceOf(MigrationError)
      expect(error).toMatchObject({
        migration: LOANS,
        place: `${file}:4`,
        statement: 'INSERT INTO loans\nSELECT shelf FROM books',
      })
      expect((await migrationStatus(database, place().folder)).map(({ state }) => state)).toEqual([
        'applied',
        'pending',
        'pending',
      ])
      await expect(rows('SELECT * FROM loans')).rejects.toThrow(/loans/)
      await expect(rows('SELECT * FROM readers')).rejects.toThrow(/readers/)
      await place().write(LOANS, 'CREATE TABLE loans (id integer)')
      expect(await migrate(database, place().folder)).toEqual([LOANS, READERS])
    }))

  test('runs every statement of a file that has no breakpoints, and names the one that fails', () =>
    opened(async ({ database, rows }) => {
      const text =
        "-- by hand\nCREATE TABLE a (x text); /* ; */\nINSERT INTO a VALUES ('1;2');\n\nINSERT INTO a VALUES ('3'); -- end\n"
      await place().write(BOOKS, text)
      await migrate(database, place().folder)
      expect(await rows('SELECT x FROM a')).toEqual([{ x: '1;2' }, { x: '3' }])
      await place().write(
        LOANS,
        'CREATE TABLE b (x text);\nCREATE TABLE c (x text);\nSELECT * FROM nowhere;\nCREATE TABLE d (x text);',
      )
      const error = await migrate(database, place().folder).catch((error: unknown) => error as MigrationError)
      expect(error).toMatchObject({
        place: expect.stringMatching(/migration\.sql:3$/),
        statement: expect.stringMatching(/^SELECT/),
      })
    }))

  test('takes no lock where nothing is pending, and waits for who has it where something is', () =>
    opened(async ({ database, rows }) => {
      await writeThree(place())
      await migrate(database, place().folder)
      await opened(async (other) => {
        const release = await holdLock(place(), other)
        expect(await migrate(database, place().folder)).toEqual([])
        await place().write('20260104000000_more', 'CREATE TABLE more (name text)')
        await expect(migrate(database, place().folder, { wait: 200 })).rejects.toThrow(
          'another process has kept the database to itself for 0.2 s: see what it does',
        )
        const waiting = migrate(database, place().folder)
        await new Promise((resolve) => setTimeout(resolve, 200))
        await release()
        expect(await waiting).toEqual(['20260104000000_more'])
      })
      expect(await rows('SELECT * FROM more')).toEqual([])
    }))

  test('keeps its books where the configuration of drizzle-kit says', () =>
    opened(async ({ database, rows }) => {
      await writeThree(place())
      const options = { table: 'my "migrations"', schema: 'own' }
      await migrate(database, place().folder, options)
      expect(await migrate(database, place().folder, options)).toEqual([])
      const table = place().kind === 'sqlite' ? '"my ""migrations"""' : 'own."my ""migrations"""'
      expect(await rows(`SELECT name FROM ${table} ORDER BY id`)).toEqual(
        [BOOKS, LOANS, READERS].map((name) => ({ name })),
      )
      await expect(migrate(database, place().folder)).rejects.toThrow(/books.* already exists/)
    }))

  test('tells of files that were changed since, and of those that are gone', () =>
    opened(async ({ database }) => {
      await writeThree(place())
      await migrate(database, place().folder)
      await place().write(LOANS, 'CREATE TABLE loans (id integer)')
      const elsewhere = path.join(place().folder, '..', 'fewer')
      await cp(place().folder, elsewhere, { recursive: true })
      await rm(path.join(elsewhere, BOOKS), { recursive: true })
      const all = await migrationStatus(database, elsewhere)
      expect(all.map(({ name, state, file }) => [name, state, file])).toEqual([
        [BOOKS, 'applied', 'missing'],
        [LOANS, 'applied', 'changed'],
        [READERS, 'applied', 'same'],
      ])
      expect(await migrate(database, elsewhere)).toEqual([])
    }))

  test('tells what to do about a table of Drizzle before 1.0, and about a folder that is not there', () =>
    opened(async ({ database, rows }) => {
      await writeThree(place())
      const { kind, folder } = place()
      if (kind === 'postgres') await rows('CREATE SCHEMA drizzle')
      const table = kind === 'postgres' ? 'drizzle.__drizzle_migrations' : '__drizzle_migrations'
      await rows(`CREATE TABLE ${table} (id integer, hash text, created_at bigint)`)
      await expect(migrate(database, folder)).rejects.toThrow(
        'was written by Drizzle before 1.0: run `npx drizzle-kit migrate` once',
      )
      await expect(migrate(database, `${folder}/none`)).rejects.toThrow(
        /there is no folder .*none of migrations: write the first with/,
      )
    }))
})

/** Keeps others from migrating. */
async function holdLock({ kind }: Place, { database }: Opened): Promise<() => Promise<void>> {
  if (kind === 'sqlite') {
    ;(database as DatabaseSync).exec('BEGIN IMMEDIATE')
    return async () => (database as DatabaseSync).exec('COMMIT')
  }
  const client = await (database as Pool).connect()
  await client.query('BEGIN')
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('trestle migrations', 0))")
  return async () => {
    await client.query('COMMIT')
    client.release()
  }
}
