import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { folder } from './open.ts'

const run = promisify(execFile)
const root = path.resolve(folder, '../..')

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'trestle-library-'))
  await writeFile(path.join(scratch, 'package.json'), '{ "type": "module" }')
  await symlink(path.join(root, 'node_modules'), path.join(scratch, 'node_modules'))
  await copyFile(path.join(folder, 'drizzle.config.ts'), path.join(scratch, 'drizzle.config.ts'))
  const database = new DatabaseSync(path.join(scratch, 'library.db'))
  database.exec(await readFile(path.join(folder, 'existing.sql'), 'utf8'))
  database.close()
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const trestle = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run(process.execPath, ['--conditions=trestle-source', path.join(root, 'src/cli/main.ts'), 'db', ...args], {
    cwd: scratch,
  })

test('the schema is what pull writes of the dump, and nothing by hand', async () => {
  await trestle('pull')
  const pulled = path.join(scratch, 'schema', 'schema.ts')
  const compared = path.join(root, 'examples', 'library', 'schema')
  const format = ['format', `--stdin-file-path=${path.join(compared, 'schema.ts')}`]
  const formatted = await new Promise<string>((resolve, reject) => {
    const child = execFile(path.join(root, 'node_modules/.bin/biome'), format, { cwd: root }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    )
    void readFile(pulled, 'utf8').then((text) => child.stdin?.end(text))
  })
  expect(formatted).toBe(await readFile(path.join(compared, 'schema.ts'), 'utf8'))
})

test('who goes on with migrations begins where the dump ends', async () => {
  const { stdout } = await trestle('generate')
  expect(stdout).toContain('No schema changes')
  expect((await trestle('migrate')).stdout).toMatch(/^applied {2}\d{14}_\w+\n$/)
})
