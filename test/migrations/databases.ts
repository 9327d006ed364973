import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import { type TestPostgres, startPostgres } from '../servers/postgres.ts'
import { type Kind, type Opened, openDatabase } from './open.ts'

/** An empty database, and a folder for its migrations. */
export interface Place {
  readonly kind: Kind
  readonly folder: string
  /** A path, or a URL. */
  readonly address: string
  readonly open: () => Opened
  /** Writes a migration into the folder. */
  readonly write: (name: string, ...statements: string[]) => Promise<void>
}

/** Runs the same tests on SQLite and on a real Postgres, each of them with an empty database. */
export function onBothDatabases(what: string, tests: (place: () => Place) => void): void {
  describe.each(['sqlite', 'postgres'] as const)(`${what}, on %s`, (kind) => {
    let server: TestPostgres | undefined
    let place: Place
    let folder = ''
    beforeAll(async () => {
      if (kind === 'postgres') server = await startPostgres()
    })
    afterAll(() => server?.remove())
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'trestle-migrations-'))
      place = await makePlace(kind, folder, server)
    })
    afterEach(() => rm(folder, { recursive: true, force: true }))
    tests(() => place)
  })
}

let made = 0

async function makePlace(kind: Kind, folder: string, server: TestPostgres | undefined): Promise<Place> {
  const migrations = path.join(folder, 'migrations')
  await mkdir(migrations)
  let address = path.join(folder, 'data.db')
  if (server !== undefined) {
    const name = `d${made++}`
    const admin = openDatabase('postgres', server.url)
    await admin.rows(`CREATE DATABASE ${name}`)
    await admin.close()
    address = server.url.replace(/[^/]+$/, name)
  }
  return {
    kind,
    folder: migrations,
    address,
    open: () => openDatabase(kind, address),
    write: async (name, ...statements) => {
      await mkdir(path.join(migrations, name), { recursive: true })
      await writeFile(path.join(migrations, name, 'migration.sql'), statements.join('\n--> statement-breakpoint\n'))
    },
  }
}
