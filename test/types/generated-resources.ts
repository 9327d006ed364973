/** Programs to measure the cost of the types of resources with: a table, what it is declared with, and calls of a client. */

const PREAMBLE = `import { type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { boolean, integer, numeric, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core'
import { eq } from 'drizzle-orm'
import { api, depends, group } from 'trestle'
import { createClient } from 'trestle/client'
import { many, model, one, resource } from 'trestle/resources'
declare const database: NodePgDatabase
const db = depends({}, () => database, { scope: 'app', eager: true })
const caller = depends({}, () => ({ id: 1 }))
`

const PARENTS = `
export const parents = pgTable('parents', { id: serial().primaryKey(), name: text().notNull() })
`

const TABLE = (index: number): string => `
export const t${index} = pgTable('t${index}', {
  id: serial().primaryKey(),
  owner_id: integer().notNull(),
  parent_id: integer().references(() => parents.id),
  title: text().notNull(),
  status: text({ enum: ['open', 'paid'] }).notNull(),
  notes: text(),
  total: numeric().notNull(),
  is_rare: boolean().notNull().default(false),
  version: integer().notNull().default(1),
  created_at: timestamp().notNull().defaultNow(),
  deleted_at: timestamp(),
})
type Row${index} = typeof t${index}.$inferSelect & typeof t${index}.$inferInsert
export const row${index} = (row: Row${index}): string => row.title
`

const RESOURCE = (index: number): string => `
const m${index} = model(t${index}, {
  hide: ['notes'], readOnly: ['created_at'], version: 'version', deleted: 'deleted_at',
  use: { caller }, visible: ({ caller }) => eq(t${index}.owner_id, caller.id), owned: { owner_id: ({ caller }) => caller.id },
})
export const g${index} = group('/g${index}', resource(m${index}, {
  db,
  filter: ['title', 'status', 'total', 'created_at'],
  sort: ['title', 'created_at'],
  order: '-created_at',
  expand: { parent: one(parents) },
}))
`

const CALLS = (index: number): string => `
export const list${index} = async () => (await client.g${index}.list({ query: { status: 'open', sort: ['-title'] } })).items[0]?.title
export const create${index} = async () => (await client.g${index}.create({ body: { title: '', status: 'open', total: '1' } })).id
`

/** `tables`: tables and their rows alone, which is what Drizzle costs. `resources`: with a resource of each. `calls`: with calls of each. */
export type ResourceForm = 'tables' | 'resources' | 'calls'

export function generatedResources(count: number, form: ResourceForm): string {
  const indexes = Array.from({ length: count }, (_, index) => index)
  const parts = [PREAMBLE, PARENTS, ...indexes.map(TABLE)]
  if (form !== 'tables') {
    parts.push(...indexes.map(RESOURCE))
    parts.push(
      `export const all = api({ title: 'Generated' }, { ${indexes.map((index) => `g${index}`).join(', ')} })\n`,
    )
  }
  if (form === 'calls') {
    parts.push(`const client = createClient<typeof all>('http://localhost')\n`)
    parts.push(...indexes.map(CALLS))
  }
  return parts.join('')
}
