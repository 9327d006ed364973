import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startPostgres } from '../servers/postgres.ts'

const root = path.resolve(import.meta.dirname, '../..')
const program = path.join(root, 'src/cli/main.ts')

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trestle-db-'))
  await write('package.json', '{ "type": "module" }')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const withPackages = (): Promise<void> => symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))

async function write(name: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
  await writeFile(path.join(folder, name), text)
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function trestle(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const command = ['--conditions=trestle-source', program, 'db', ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: folder, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

const CONFIG = `import { defineConfig } from 'drizzle-kit'
export default defineConfig({
  dialect: 'sqlite',
  schema: './schema.ts',
  out: './migrations',
  dbCredentials: { url: 'file:data/shop.db' },
})
`
const SCHEMA = `import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
export const books = sqliteTable('books', { id: integer().primaryKey(), title: text().notNull() })
`

/** Times and the numbers of drizzle-kit differ from run to run; their form does not. */
const asWritten = (text: string): string =>
  text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, '2026-11-30 12:00').replace(/\b\d{14}_/g, '20261130120000_')

test('generate, status and migrate, from nothing to a table', async () => {
  await withPackages()
  await write('drizzle.config.ts', CONFIG)
  await write('schema.ts', SCHEMA)
  const generated = await trestle(['generate', '--name', 'books'])
  expect(generated).toMatchObject({ code: 0, stderr: '' })
  const [name = ''] = await readdir(path.join(folder, 'migrations'))
  expect(name).toMatch(/^\d{14}_books$/)

  const before = await trestle(['status'])
  expect(before.code).toBe(2)
  expect(existsSync(path.join(folder, 'data'))).toBe(false)
  const applied = await trestle(['migrate'])
  expect(applied).toEqual({ code: 0, stdout: `applied  ${name}\n`, stderr: '' })
  expect(await trestle(['migrate'])).toEqual({ code: 0, stdout: 'Nothing is pending\n', stderr: '' })
  const after = await trestle(['status'])
  expect(after.code).toBe(0)

  // One more, one that was changed, and one that is only in the database.
  await cp(path.join(folder, 'migrations', name), path.join(folder, 'migrations', '20200101000000_old'), {
    recursive: true,
  })
  await write('migrations/20200101000000_old/migration.sql', 'CREATE TABLE old (x text);')
  await trestle(['migrate'])
  await rm(path.join(folder, 'migrations', '20200101000000_old'), { recursive: true })
  await write(`migrations/${name}/migration.sql`, 'CREATE TABLE books (id integer PRIMARY KEY);')
  await write('migrations/20990101000000_loans/migration.sql', 'CREATE TABLE loans (x text);')
  const mixed = await trestle(['status'])
  expect(mixed.code).toBe(2)
  const said = [before, after, mixed].map(({ stdout, stderr }) => stdout + stderr).join('\n')
  await expect(asWritten(said)).toMatchFileSnapshot('../golden/cli/db-status.txt')
}, 60_000)

test('a migration that fails is told in full, and ends with 1', async () => {
  await write('drizzle.config.json', JSON.stringify({ dialect: 'sqlite', dbCredentials: { url: 'shop.db' } }))
  await withPackages()
  await write(
    'drizzle/20260101000000_books/migration.sql',
    'CREATE TABLE books (x text);\nINSERT INTO book VALUES (1);',
  )
  const { code, stdout, stderr } = await trestle(['migrate'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toBe(
    'the migration 20260101000000_books failed, and nothing of it was kept: mend it, and start again\n' +
      '  drizzle/20260101000000_books/migration.sql:2: no such table: book\n    INSERT INTO book VALUES (1);\n',
  )
})

test('on Postgres, by an address or its parts', async () => {
  const server = await startPostgres()
  try {
    await withPackages()
    const url =
      "export default { dialect: 'postgresql', out: 'drizzle', dbCredentials: { url: process.env.DATABASE_URL } }"
    await write('drizzle.config.ts', url)
    const parts = { host: '127.0.0.1', port: server.port, user: 'trestle', password: 'trestle', database: 'postgres' }
    const migrations = { schema: 'own', table: 'done' }
    await write('parts.json', JSON.stringify({ dialect: 'postgresql', dbCredentials: parts, migrations }))
    await write(
      'drizzle/20260101000000_books/migration.sql',
      'CREATE TABLE IF NOT EXISTS books (id integer PRIMARY KEY);',
    )
    const env = { DATABASE_URL: server.url }
    expect(await trestle(['migrate'], env)).toMatchObject({ code: 0, stdout: 'applied  20260101000000_books\n' })
    expect(await trestle(['status'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\n1 applied, 0 pending\n$/),
    })
    expect(await trestle(['status', '--config', 'parts.json'])).toMatchObject({ code: 2 })
    expect(await trestle(['migrate', '--config', 'parts.json'])).toMatchObject({ code: 0 })
    expect(await trestle(['status', '--config', 'parts.json'])).toMatchObject({ code: 0 })
    await write('pull.ts', url.replace("'drizzle'", "'./pulled'"))
    expect(await trestle(['pull', '--config', 'pull.ts'], env)).toMatchObject({ code: 0, stderr: '' })
    expect(await readFile(path.join(folder, 'pulled/schema.ts'), 'utf8')).toContain(
      'export const books = pgTable("books"',
    )
    await server.stop()
    expect(await trestle(['status'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^connect ECONNREFUSED .*\n$/),
    })
  } finally {
    await server.remove()
  }
}, 90_000)

const ODD = `
CREATE TABLE "Order Items" (
  "id" INTEGER PRIMARY KEY, "Unit Price" DECIMAL(8, 2), isOpen BOOL DEFAULT 1 NOT NULL, level BOOLEAN,
  made_at TIMESTAMP, due DATE DEFAULT CURRENT_DATE, mixed DATETIME,
  kind NVARCHAR(9) DEFAULT 'it''s' CHECK (kind IN ('it''s', 'b')), code NCHAR(2) DEFAULT 'x' CHECK (code in ('x','y')),
  size MONEY, raw WHATEVER, UNIQUE (made_at, "Unit Price"), UNIQUE (code, due)
);
INSERT INTO "Order Items" VALUES (1, 2.5, 0, 7, 1700000000, '2026-11-30', '2026-11-30 09:00:00', 'b', 'y', 3, 'r');
INSERT INTO "Order Items" (id, made_at, mixed) VALUES (2, 1700000001, 5);
CREATE TABLE plain (x TEXT, y INTEGER);
`

test('pull writes the schema of a SQLite file so that it can be worked with', async () => {
  await withPackages()
  const schema = "schema: './migrations/schema.ts', out"
  await write(
    'drizzle.config.ts',
    CONFIG.replace('file:data/shop.db', 'shop.db').replace(/schema: [^,]*,\s*out/, schema),
  )
  const database = new DatabaseSync(path.join(folder, 'shop.db'))
  database.exec(ODD)
  const pulled = await trestle(['pull'])
  expect(pulled).toMatchObject({ code: 0, stderr: '' })
  expect(pulled.stdout).toMatch(
    /^written {2}migrations\/schema\.ts\nwritten {2}migrations\/relations\.ts\nwritten {2}migrations\/\d{14}_\w+\/migration\.sql\n$/,
  )
  await write(
    'read.ts',
    `import { DatabaseSync } from 'node:sqlite'
    import { drizzle } from 'drizzle-orm/node-sqlite'
    import * as schema from './migrations/schema.ts'
    import { relations } from './migrations/relations.ts'
    const db = drizzle({ client: new DatabaseSync('shop.db'), relations })
    console.log(JSON.stringify(db.select().from(schema.orderItems).all()))`,
  )
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, ['read.ts'], { cwd: folder }, (_, stdout, stderr) => resolve({ stdout, stderr }))
  })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject([
    {
      id: 1,
      unitPrice: '2.5',
      isOpen: false,
      level: '7',
      madeAt: 1_700_000_000,
      due: '2026-11-30',
      kind: 'b',
      code: 'y',
    },
    { id: 2, unitPrice: null, isOpen: true, madeAt: 1_700_000_001, kind: "it's", code: 'x' },
  ])
  const text = await readFile(path.join(folder, 'migrations/schema.ts'), 'utf8')
  expect(text).toContain("isOpen: integer({ mode: 'boolean' }).default(true).notNull()")
  expect(text).toContain("code: text({ enum: ['x','y'] }).default(\"x\")")
  expect(text).toContain('kind: text({ length: 9 })')
  expect(text).toMatch(/unique\("\w[^"]*"\)\.on\(table\.madeAt, table\.unitPrice\)/)
  const generated = await trestle(['generate'])
  expect(generated.stdout).toContain('No schema changes')
  expect(await trestle(['migrate'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^applied {2}\d{14}_\w+\n$/),
  })
  database.close()
  await rm(path.join(folder, 'shop.db'))
  expect(await trestle(['pull'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'There is no file shop.db, which drizzle.config.ts names\n',
  })
}, 60_000)

test.each([
  [[], /^Name what to do: trestle db generate/],
  [['push'], /^"db" can generate, migrate, status and pull, and not "push"/],
  [['status', 'now'], /^Nobody knows what "now" is for/],
  [['migrate', '--name', 'x'], /^--name is the name of what "generate" writes/],
  [['migrate', '--port', '1'], /^"db" takes no --port/],
  [['status'], /^There is no drizzle\.config\.ts here: write one/],
  [['status', '--config', 'no.ts'], /^There is no file no\.ts/],
  [['generate', '--config', 'kit.ts'], /^Schemas are compared by drizzle-kit, which is not installed: npm install/],
  [['migrate', '--config', 'kit.ts'], /^kit\.ts imports drizzle-kit, which is not installed\. Where migrations/],
  [['migrate', '--config', 'mysql.json'], /^mysql\.json has the dialect mysql: migrations are applied to "postgresql"/],
  [['migrate', '--config', 'd1.json'], /^d1\.json has the dialect sqlite with the driver d1-http: /],
  [
    ['migrate', '--config', 'nowhere.json'],
    /^nowhere\.json does not say where the database is: give it dbCredentials: \{ url: 'data\.db' \}/,
  ],
  [['migrate', '--config', 'empty.ts'], /^empty\.ts exports no configuration/],
])('%j says what to mend and ends with 1', async (args, message) => {
  await write('kit.ts', CONFIG)
  await write('empty.ts', 'export {}')
  await write('mysql.json', '{ "dialect": "mysql" }')
  await write('d1.json', '{ "dialect": "sqlite", "driver": "d1-http" }')
  await write('nowhere.json', '{ "dialect": "sqlite" }')
  const { code, stderr } = await trestle(args)
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n {4}at /)
  expect(code).toBe(1)
})
