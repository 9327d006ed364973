/** Loaded before an example: notes each `console.log` of the example with its line, for its comments to be checked. */
import { appendFileSync } from 'node:fs'
import { format, inspect } from 'node:util'

const log = console.log
const file = process.env.TRESTLE_PRINTED as string
const folder = process.env.TRESTLE_EXAMPLES as string

console.log = (...values: unknown[]) => {
  log(...values)
  const place = /\((?:async )?file:\/\/([^)]+?):(\d+):\d+\)|at (?:async )?file:\/\/(.+?):(\d+):\d+/.exec(
    new Error().stack?.split('\n')[2] ?? '',
  )
  const where = place?.[1] ?? place?.[3]
  if (!where?.startsWith(folder)) return
  const inspected = values.map((value) => inspect(value)).join(' ')
  const note = { line: Number(place?.[2] ?? place?.[4]), text: format(...values), inspected }
  appendFileSync(file, `${JSON.stringify(note)}\n`)
}
