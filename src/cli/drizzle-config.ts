import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CommandError } from './load-api.ts'

/** What is used of the configuration of drizzle-kit. */
export interface DrizzleConfig {
  readonly file: string
  readonly dialect: 'sqlite' | 'postgresql'
  /** The folder of migrations. */
  readonly out: string
  readonly credentials: Readonly<Record<string, unknown>>
  readonly table: string | undefined
  readonly schema: string | undefined
}

/** Where drizzle-kit looks for it, in its order. */
const PLACES = ['drizzle.config.ts', 'drizzle.config.js', 'drizzle.config.json']

/**
 * Reads the configuration as drizzle-kit does: paths in it start from the working directory.
 *
 * @throws {CommandError} where there is none, or one that says too little to find the database.
 */
export async function loadDrizzleConfig(given: string | undefined): Promise<DrizzleConfig> {
  const file = drizzleConfigFile(given)
  const config = await read(file)
  const { dialect, driver, out = 'drizzle', dbCredentials, migrations = {} } = config
  if ((dialect !== 'sqlite' && dialect !== 'postgresql') || (driver !== undefined && driver !== null)) {
    const has = [dialect, driver].filter(Boolean).join(' with the driver ')
    throw new CommandError(
      `${file} has the dialect ${has || 'of nothing'}: migrations are applied to "postgresql" by pg, and to "sqlite" by node:sqlite`,
    )
  }
  if (dbCredentials === null || typeof dbCredentials !== 'object') {
    const url = dialect === 'sqlite' ? "'data.db'" : 'process.env.DATABASE_URL'
    throw new CommandError(`${file} does not say where the database is: give it dbCredentials: { url: ${url} }`)
  }
  return { file, dialect, out, credentials: dbCredentials, table: migrations.table, schema: migrations.schema }
}

/** @throws {CommandError} where there is no such file. */
export function drizzleConfigFile(given: string | undefined): string {
  const file = given ?? PLACES.find((place) => existsSync(place))
  if (file !== undefined && existsSync(file)) return file
  throw new CommandError(
    file === undefined
      ? `There is no ${PLACES[0]} here: write one as drizzle-kit asks for, or name it with --config`
      : `There is no file ${file}`,
  )
}

/** The path of the file that a configuration for SQLite names. */
export function fileOfSqlite({ file, credentials: { url } }: DrizzleConfig): string {
  if (typeof url !== 'string') throw new CommandError(`${file}: dbCredentials.url is the path of the file of SQLite`)
  return url.replace(/^file:(?:\/\/(?=\/))?/, '')
}

interface GivenConfig {
  readonly dialect?: string
  readonly driver?: string | null
  readonly out?: string
  readonly dbCredentials?: Readonly<Record<string, unknown>> | null
  readonly migrations?: { readonly table?: string; readonly schema?: string }
}

async function read(file: string): Promise<GivenConfig> {
  if (file.endsWith('.json')) return JSON.parse(await readFile(file, 'utf8')) as GivenConfig
  try {
    const module = (await import(pathToFileURL(resolve(file)).href)) as { default?: GivenConfig }
    if (module.default !== null && typeof module.default === 'object') return module.default
  } catch (error) {
    if (!isMissing(error, 'drizzle-kit')) throw error
    throw new CommandError(
      `${file} imports drizzle-kit, which is not installed. Where migrations are only applied it need not be: write \`export default { … }\` without defineConfig`,
    )
  }
  throw new CommandError(`${file} exports no configuration. Write: export default defineConfig({ … })`)
}

/** True for the failure of an import that needs a package which is not there. */
export function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  return code === 'ERR_MODULE_NOT_FOUND' && message?.includes(`'${name}'`) === true
}
