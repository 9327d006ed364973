import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const shop = path.join(import.meta.dirname, '..', '..', 'examples', 'shop')
const kit = path.join(path.dirname(createRequire(path.join(shop, 'main.ts')).resolve('drizzle-kit')), 'bin.cjs')
const run = promisify(execFile)

let scratch: string

beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'trestle-migrations-'))
})

afterAll(() => rm(scratch, { recursive: true, force: true }))

it.each([
  ['sqlite', 'sqlite'],
  ['postgres', 'postgresql'],
])('the migrations of %s make every table that its schema has', async (folder, dialect) => {
  const committed = path.join(shop, 'database', folder, 'migrations')
  const copy = path.join(scratch, folder)
  await cp(committed, copy, { recursive: true })
  // drizzle-kit takes its paths from the folder it runs in.
  const schema = path.relative(shop, path.join(shop, 'database', folder, 'schema.ts'))
  const out = path.relative(shop, copy)
  const options = ['generate', '--dialect', dialect, '--schema', schema, '--out', out]
  const { stdout } = await run(process.execPath, [kit, ...options], { cwd: shop, timeout: 60_000 })
  expect(stdout).toContain('No schema changes')
  expect(await readdir(copy)).toEqual(await readdir(committed))
})
