import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrate } from 'trestle/migrations'
import { afterEach, expect, test } from 'vitest'
import { type Place, onBothDatabases } from './databases.ts'
import type { Opened } from './open.ts'

const FIRST = '20260101000000_first'
const SLOW = '20260102000000_slow'
const LAST = '20260103000000_last'

const children = new Set<ChildProcess>()
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

interface Member {
  readonly child: ChildProcess
  /** Has it begin, and gives the names of what it applied. */
  readonly migrate: () => Promise<string[]>
}

/** A process that is ready to migrate. */
async function startMember({ kind, address, folder }: Place): Promise<Member> {
  const child = fork(path.join(import.meta.dirname, 'member.ts'), [kind, address, folder], {
    execArgv: ['--conditions=trestle-source'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  children.add(child)
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const message = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      child.once('message', resolve)
      child.once('exit', (code, signal) => reject(new Error(`it ended with ${code ?? signal}: ${said}`)))
    })
  await message()
  return {
    child,
    migrate: () => {
      child.send('go')
      return message() as Promise<string[]>
    },
  }
}

/** A migration in three: its second statement takes as long as the table `pace` says. */
async function writeSlow({ kind, write }: Place, pace: number): Promise<void> {
  await write(FIRST, 'CREATE TABLE pace (n integer)', `INSERT INTO pace VALUES (${pace})`)
  const slow =
    kind === 'sqlite'
      ? 'INSERT INTO done WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < (SELECT n FROM pace)) SELECT count(*) FROM c'
      : "INSERT INTO done SELECT 1 FROM pace WHERE pg_sleep(n / 1000.0)::text = ''"
  await write(SLOW, 'CREATE TABLE done (i integer)', slow, 'CREATE TABLE later (i integer)')
  await write(LAST, 'CREATE TABLE last (i integer)')
}

/** Waits until a process is in the midst of the slow migration. */
async function untilInTheMidst({ kind, address }: Place, { rows }: Opened): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    if (kind === 'postgres') {
      const found = await rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
      return found.length > 0
    }
    const applied = await rows('SELECT name FROM __drizzle_migrations').catch(() => [])
    return applied.length === 1 && isLocked(address)
  }
  await expect.poll(isThere, { timeout: 15_000, interval: 20 }).toBe(true)
}

function isLocked(file: string): boolean {
  const database = new DatabaseSync(file)
  try {
    database.exec('BEGIN IMMEDIATE')
    database.exec('ROLLBACK')
    return false
  } catch {
    return true
  } finally {
    database.close()
  }
}

onBothDatabases('processes', (place) => {
  test('that start at once apply each migration once, and all go on', async () => {
    await writeSlow(place(), place().kind === 'sqlite' ? 1_000_000 : 1500)
    // Waiting is no slow statement, and what others commit meanwhile is seen.
    const options = '?options=-c%20default_transaction_isolation%3Dserializable%20-c%20lock_timeout%3D500'
    const address = place().kind === 'sqlite' ? place().address : `${place().address}${options}`
    const members = await Promise.all(Array.from({ length: 8 }, () => startMember({ ...place(), address })))
    const done = await Promise.all(members.map((member) => member.migrate()))
    expect(done.flat().toSorted()).toEqual([FIRST, SLOW, LAST])
    const { rows, close } = place().open()
    expect(await rows('SELECT * FROM pace')).toHaveLength(1)
    expect(await rows('SELECT * FROM last')).toEqual([])
    if (place().kind === 'sqlite') expect(await rows('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }])
    await close()
  }, 60_000)

  test('that find an empty database at the same moment make it once', async () => {
    // Whether they meet is chance; in ten rounds they do.
    for (let round = 0; round < 10; round++) {
      await place().write('20260101000000_first', `CREATE TABLE made_${round} (i integer)`)
      const all = Array.from({ length: 8 }, () => place().open())
      const table = `migrations_${round}`
      const done = await Promise.all(
        all.map(({ database }) => migrate(database, place().folder, { table, schema: table })),
      )
      expect(done.flat()).toEqual([FIRST])
      for (const { close } of all) await close()
    }
  }, 60_000)

  test('one that is killed in the middle leaves nothing of it, and the next goes on', async () => {
    await writeSlow(place(), place().kind === 'sqlite' ? 200_000_000 : 60_000)
    const { database, rows, close } = place().open()
    const { child, migrate: begin } = await startMember(place())
    const ended = once(child, 'exit')
    begin().catch(() => {})
    await untilInTheMidst(place(), { database, rows, close })
    child.kill('SIGKILL')
    expect(await ended).toEqual([null, 'SIGKILL'])
    await expect(rows('SELECT * FROM done')).rejects.toThrow(/done/)
    // Postgres learns that its client is gone when it looks up from what it does.
    if (place().kind === 'postgres')
      await rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    await rows('UPDATE pace SET n = 1')
    expect(await migrate(database, place().folder)).toEqual([SLOW, LAST])
    expect(await rows('SELECT * FROM later')).toEqual([])
    await close()
  }, 60_000)
})
