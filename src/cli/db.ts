import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { MigratedDatabase, MigrationOptions, MigrationStatus } from '../migrations.ts'
import { type DrizzleConfig, drizzleConfigFile, fileOfSqlite, isMissing, loadDrizzleConfig } from './drizzle-config.ts'
import { runDrizzleKit } from './drizzle-kit.ts'
import { CommandError } from './load-api.ts'
import type { CommandOptions } from './main.ts'
import { pull } from './pull.ts'

/** What `status` ends with where something is pending: no failure, and not well either. */
const IS_PENDING = 2

/** Writes, applies and lists migrations, and writes the schema of a database that is there. */
export async function db(action: string, { config, name, more }: CommandOptions): Promise<void> {
  if (more.length > 0) throw new CommandError(`Nobody knows what "${more[0]}" is for`)
  if (name !== undefined && action !== 'generate')
    throw new CommandError('--name is the name of what "generate" writes')
  switch (action) {
    case 'generate':
      return generate(config, name)
    case 'pull':
      return pull(config)
    case 'migrate':
      return apply(await loadDrizzleConfig(config))
    case 'status':
      return show(await loadDrizzleConfig(config))
  }
  throw new CommandError(`"db" can generate, migrate, status and pull, and not "${action}"`)
}

async function generate(config: string | undefined, name: string | undefined): Promise<void> {
  const named = name === undefined ? [] : ['--name', name]
  const { code } = await runDrizzleKit(['generate', '--config', drizzleConfigFile(config), ...named])
  process.exitCode = code
}

async function apply(config: DrizzleConfig): Promise<void> {
  const { migrate } = await migrations()
  const done = await withDatabase(config, 'write', (database, options) => migrate(database, config.out, options))
  for (const name of done) console.log(`applied  ${name}`)
  if (done.length === 0) console.log('Nothing is pending')
}

async function show(config: DrizzleConfig): Promise<void> {
  const { migrationStatus } = await migrations()
  const all = await withDatabase(config, 'read', (database, options) => migrationStatus(database, config.out, options))
  const pending = all.filter(({ state }) => state === 'pending').length
  for (const one of all) console.log(lineOf(one))
  console.log(`${all.length - pending} applied, ${pending} pending`)
  if (pending > 0) process.exitCode = IS_PENDING
}

function migrations(): Promise<typeof import('../migrations.ts')> {
  return import('../migrations.ts').catch((error: unknown) => {
    throw isMissing(error, 'drizzle-orm')
      ? new CommandError(
          'Migrations are read by drizzle-orm, which is not installed: npm install drizzle-orm@1.0.0-rc.5',
        )
      : error
  })
}

const NOTES = {
  same: '',
  changed: '  (its file was changed since)',
  missing: '  (there is no such file here)',
} as const

function lineOf({ name, state, appliedAt, file }: MigrationStatus): string {
  const at = appliedAt?.toISOString().slice(0, 16).replace('T', ' ') ?? ''
  return `${state}  ${at.padEnd(16)}  ${name}${NOTES[file]}`
}

/** Opens what the configuration names. What is only read is not made. */
async function withDatabase<T>(
  config: DrizzleConfig,
  mode: 'read' | 'write',
  work: (database: MigratedDatabase, options: MigrationOptions) => Promise<T>,
): Promise<T> {
  const options = {
    ...(config.table !== undefined && { table: config.table }),
    ...(config.schema !== undefined && { schema: config.schema }),
  }
  const { database, close } =
    config.dialect === 'sqlite' ? openSqlite(config, mode) : await openPostgres(config.credentials)
  try {
    return await work(database, options)
  } catch (error) {
    // Whatever a database says, it says of what the person has set or written.
    throw new CommandError(messageOf(error), { cause: error })
  } finally {
    await close()
  }
}

function messageOf(error: unknown): string {
  const { message, errors } = error as Partial<AggregateError>
  return message || (errors?.[0] as Error | undefined)?.message || String(error)
}

interface Opened {
  readonly database: MigratedDatabase
  readonly close: () => void | Promise<void>
}

function openSqlite(config: DrizzleConfig, mode: 'read' | 'write'): Opened {
  const path = fileOfSqlite(config)
  const readOnly = mode === 'read' && existsSync(path)
  if (mode === 'write') mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(mode === 'read' && !readOnly ? ':memory:' : path, { readOnly })
  return { database, close: () => database.close() }
}

async function openPostgres(credentials: DrizzleConfig['credentials']): Promise<Opened> {
  const { Pool } = await import('pg').catch((error: unknown) => {
    throw isMissing(error, 'pg')
      ? new CommandError('Postgres is reached by pg, which is not installed: npm install pg')
      : error
  })
  const { url, ...rest } = credentials
  const pool = new Pool({ ...rest, ...(typeof url === 'string' && { connectionString: url }), max: 1 })
  pool.on('error', () => {})
  return { database: pool, close: () => pool.end() }
}
