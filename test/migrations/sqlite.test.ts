import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrate } from 'trestle/migrations'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
let database: DatabaseSync

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trestle-migrations-'))
  database = new DatabaseSync(path.join(folder, 'data.db'))
})
afterEach(async () => {
  database.close()
  await rm(folder, { recursive: true, force: true })
})

async function write(name: string, text: string): Promise<void> {
  const at = path.join(folder, 'migrations', name)
  await mkdir(at, { recursive: true })
  await writeFile(path.join(at, 'migration.sql'), text)
}

const run = (): Promise<string[]> => migrate(database, path.join(folder, 'migrations'))
const keys = (): unknown => database.prepare('PRAGMA foreign_keys').get()

const TABLES = `CREATE TABLE books (id integer PRIMARY KEY, title text);
CREATE TABLE loans (id integer PRIMARY KEY, book_id integer REFERENCES books (id) ON DELETE CASCADE);
INSERT INTO books VALUES (1, 'Tea'), (2, 'Milk');
INSERT INTO loans VALUES (7, 1), (8, 2);`

/** As drizzle-kit writes it where a column becomes NOT NULL. */
const recreated = (rows: string): string =>
  [
    'PRAGMA foreign_keys=OFF;',
    'CREATE TABLE `__new_books` (`id` integer PRIMARY KEY, `title` text NOT NULL);',
    `INSERT INTO \`__new_books\`(\`id\`, \`title\`) SELECT \`id\`, \`title\` FROM \`books\`${rows};`,
    'DROP TABLE `books`;',
    'ALTER TABLE `__new_books` RENAME TO `books`;',
    'PRAGMA foreign_keys=ON;',
  ].join('--> statement-breakpoint\n')

test('a table that is made anew does not take with it the rows that refer to it', async () => {
  await write('20260101000000_a', TABLES)
  await write('20260102000000_b', recreated(''))
  await run()
  expect(
    database
      .prepare('SELECT id FROM loans')
      .all()
      .map(({ id }) => id),
  ).toEqual([7, 8])
  expect(keys()).toEqual({ foreign_keys: 1 })
  expect(() => database.exec('INSERT INTO loans VALUES (9, 9)')).toThrow(/FOREIGN KEY/)
})

test('one after which rows refer to nothing is undone', async () => {
  await write('20260101000000_a', TABLES)
  await write('20260102000000_b', recreated(' WHERE id = 1'))
  await expect(run()).rejects.toThrow(
    /migration\.sql:1: rows of loans refer to what is not in books\n {4}PRAGMA foreign_keys=OFF/,
  )
  expect(
    database
      .prepare('SELECT title FROM books')
      .all()
      .map(({ title }) => title),
  ).toEqual(['Tea', 'Milk'])
  expect(keys()).toEqual({ foreign_keys: 1 })
})

test('what was broken before stands in nobody’s way', async () => {
  await write('20260101000000_a', TABLES)
  await run()
  database.exec('PRAGMA foreign_keys = OFF; DELETE FROM books WHERE id = 2; PRAGMA foreign_keys = ON')
  await write('20260102000000_b', recreated(''))
  expect(await run()).toEqual(['20260102000000_b'])
})

test('a file that is there keeps its journal mode, and a new one is in WAL mode', async () => {
  const mode = (): unknown => database.prepare('PRAGMA journal_mode').get()
  database.exec('CREATE TABLE own (x text)')
  await write('20260101000000_a', TABLES)
  await run()
  expect(mode()).toEqual({ journal_mode: 'delete' })
  database.close()
  database = new DatabaseSync(path.join(folder, 'new.db'))
  await run()
  expect(mode()).toEqual({ journal_mode: 'wal' })
})

test('works in memory, and not in a transaction of others', async () => {
  database.close()
  database = new DatabaseSync(':memory:')
  await write('20260101000000_a', TABLES)
  database.exec('BEGIN')
  await expect(run()).rejects.toThrow('migrate() begins transactions of its own: end the one that is open')
  database.exec('COMMIT')
  expect(await run()).toEqual(['20260101000000_a'])
})
