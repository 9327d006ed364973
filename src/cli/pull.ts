import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { fileOfSqlite, loadDrizzleConfig } from './drizzle-config.ts'
import { runDrizzleKit } from './drizzle-kit.ts'
import { CommandError } from './load-api.ts'
import { type MendedSchema, mendSchema } from './pulled-schema.ts'
import { readTables } from './sqlite-tables.ts'

/** What drizzle-kit says it wrote. */
interface Pulled {
  readonly status: string
  readonly schemaPath: string
  readonly relationsPath?: string
  readonly snapshotPath: string
  readonly migrationPath?: string
  readonly error?: { readonly code: string }
}

/** Writes the schema of a database that is there, as drizzle-kit does; of SQLite so that it can be worked with. */
export async function pull(given: string | undefined): Promise<void> {
  const config = await loadDrizzleConfig(given)
  // drizzle-kit would make one, and a schema of nothing.
  if (config.dialect === 'sqlite' && !existsSync(fileOfSqlite(config)))
    throw new CommandError(`There is no file ${fileOfSqlite(config)}, which ${config.file} names`)
  const { stdout } = await runDrizzleKit(['pull', '--config', config.file, '--output', 'json'], 'read')
  const pulled = JSON.parse(stdout || '{}') as Partial<Pulled>
  if (!isDone(pulled))
    throw new CommandError(`drizzle-kit could not read the database: ${pulled.error?.code ?? 'it does not say why'}`)
  const { schemaPath, relationsPath, snapshotPath, migrationPath } = pulled
  if (config.dialect === 'sqlite') {
    const database = new DatabaseSync(fileOfSqlite(config), { readOnly: true })
    const mended = mendSchema(await readFile(schemaPath, 'utf8'), readTables(database))
    database.close()
    await writeFile(schemaPath, mended.text)
    // One that was there before is of another time, and stays.
    if (migrationPath !== undefined) await mendSnapshot(snapshotPath, mended)
  }
  if (relationsPath !== undefined) {
    // Node, and TypeScript as Node reads it, want the ending.
    const relations = await readFile(relationsPath, 'utf8')
    await writeFile(relationsPath, relations.replace('from "./schema"', 'from "./schema.ts"'))
  }
  for (const file of [schemaPath, relationsPath, migrationPath]) if (file !== undefined) console.log(`written  ${file}`)
}

function isDone(pulled: Partial<Pulled>): pulled is Pulled {
  return pulled.status === 'ok'
}

/** Where the snapshot said something else, the next migration would change what nobody has changed. */
async function mendSnapshot(file: string, { types, uniques }: MendedSchema): Promise<void> {
  const snapshot = JSON.parse(await readFile(file, 'utf8')) as { ddl: Entity[] }
  const ddl = snapshot.ddl.map((entity) => {
    const better = entity.entityType === 'columns' ? types.get(`${entity.table}.${entity.name}`) : undefined
    if (better === undefined) return entity
    const words: Readonly<Record<string, string>> = better.isBoolean ? { 0: 'false', 1: 'true' } : {}
    return { ...entity, type: better.sql, default: words[`${entity.default}`] ?? entity.default }
  })
  const added = uniques.map((unique) => ({ ...unique, nameExplicit: true, entityType: 'uniques' }))
  await writeFile(file, `${JSON.stringify({ ...snapshot, ddl: [...ddl, ...added] }, undefined, 2)}\n`)
}

interface Entity {
  readonly entityType: string
  readonly table: string
  readonly name: string
  readonly default?: string | null
}
