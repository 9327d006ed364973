/** SQL in a transaction, and the rows that it gives; several statements where there are no values. */
export type Query = (text: string, values?: readonly unknown[]) => Rows | Promise<Rows>

type Rows = readonly object[]

/**
 * Brings tables up to date in a transaction that nobody else is in, a step at a time. Steps that were released are never
 * changed.
 *
 * @param table where it is kept how many steps were taken.
 * @throws an Error where a newer version has changed the tables.
 */
export async function bringUp(query: Query, steps: readonly string[], table: string): Promise<void> {
  await query(`CREATE TABLE IF NOT EXISTS ${table} (version integer NOT NULL)`)
  const [row] = (await query(`SELECT version FROM ${table}`, [])) as readonly { readonly version: number }[]
  const version = row?.version ?? 0
  if (version > steps.length) {
    throw new Error(`the tables are of a newer version of Trestle (${version}; this one knows ${steps.length})`)
  }
  for (const step of steps.slice(version)) await query(step)
  await query(`DELETE FROM ${table}`)
  await query(`INSERT INTO ${table} VALUES (${steps.length})`)
}
