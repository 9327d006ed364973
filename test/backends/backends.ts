import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { startPostgres } from '../servers/postgres.ts'
import { startRedis } from '../servers/redis.ts'

/** A name that nothing makes shorter, as long as a target may be. */
export const LONG: string = randomBytes(4000).toString('hex')

export const BACKENDS = ['memory', 'sqlite', 'postgres', 'redis'] as const

/** What runs behind the tests of one backend. */
export interface Behind {
  /** The setting that names it. */
  readonly setting: string
}

type Name = (typeof BACKENDS)[number]

/** What runs behind a backend, until it is removed. */
interface Started {
  readonly setting: string
  readonly remove: () => Promise<void>
}

const starts: Record<Name, () => Promise<Started>> = {
  memory: async () => ({ setting: 'memory', remove: async () => {} }),
  sqlite: async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'trestle-backend-'))
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
    return { setting: `sqlite:${path.join(folder, 'state.db')}`, remove }
  },
  postgres: async () => {
    const { url, remove } = await startPostgres()
    return { setting: url, remove }
  },
  redis: async () => {
    const { url, remove } = await startRedis()
    return { setting: url, remove }
  },
}

export function startBackend(name: Name): Promise<Started> {
  return starts[name]()
}

/** Runs the same tests on every backend, each real and empty at first. */
export function onEveryBackend(what: string, tests: (behind: Behind) => void): void {
  describe.each(BACKENDS)(`${what}, on %s`, (name) => {
    const behind = { setting: '' }
    let remove = async (): Promise<void> => {}
    beforeAll(async () => {
      const started = await startBackend(name)
      behind.setting = started.setting
      remove = started.remove
    })
    afterAll(() => remove())
    tests(behind)
  })
}
