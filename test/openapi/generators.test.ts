import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { toOpenApi } from 'trestle/openapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formats } from './fixtures/formats.ts'
import { mixed } from './fixtures/mixed.ts'
import { shop } from './fixtures/shop.ts'

const run = promisify(execFile)
const here = import.meta.dirname
const root = path.join(here, '../..')
// Generators need the compiler API that TypeScript 7 lacks, so they live in a workspace beside an older one.
const tools = createRequire(path.join(here, 'generators/package.json'))
const compiler = createRequire(path.join(root, 'package.json')).resolve('typescript/package.json')

/** The entry that a package names as its command. */
function command(manifest: string, name: string): string {
  const { bin } = createRequire(manifest)(manifest) as { bin: string | Record<string, string> }
  const file = typeof bin === 'string' ? bin : bin[name]
  return path.join(path.dirname(manifest), file as string)
}

const generators: Record<string, (document: string, folder: string, name: string) => string[]> = {
  fetch: (document, folder, name) => [
    command(tools.resolve('openapi-typescript/package.json'), 'openapi-typescript'),
    document,
    '--output',
    path.join(folder, `${name}.ts`),
    // A field with a default may be left out of a request. What a reply always has, its schema requires.
    '--default-non-nullable=false',
  ],
  hey: (document, folder, name) => [
    command(tools.resolve('@hey-api/openapi-ts/package.json'), 'openapi-ts'),
    '--input',
    document,
    '--output',
    path.join(folder, `hey-${name}`),
    '--no-log-file',
    '--silent',
  ],
}

describe.each(Object.entries({ shop, mixed, formats }))('clients generated for %s', (name, given) => {
  let folder: string

  beforeAll(async () => {
    // Below node_modules, so that generated code finds its packages and nobody commits it.
    const cache = path.join(root, 'node_modules/.cache')
    await mkdir(cache, { recursive: true })
    folder = await mkdtemp(path.join(cache, 'trestle-clients-'))
    await writeFile(path.join(folder, 'openapi.json'), JSON.stringify(await toOpenApi(given)))
    await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }')
  })
  afterAll(() => rm(folder, { recursive: true }))

  test.each(Object.keys(generators))(
    'by %s compile under tsc --strict, and so does code that uses them',
    async (kind) => {
      const generate = generators[kind] as (typeof generators)[string]
      await run(process.execPath, generate(path.join(folder, 'openapi.json'), folder, name), {
        cwd: folder,
        timeout: 60_000,
      })
      const use = `${kind}-${name}.ts`
      await copyFile(path.join(here, 'fixtures/clients', use), path.join(folder, use))
      const options =
        '--strict --noEmit --skipLibCheck --target es2024 --lib es2024,dom,dom.iterable --types  --module esnext'
      const files = ['--moduleResolution', 'bundler', '--allowImportingTsExtensions', '--ignoreConfig', use]
      const check = run(process.execPath, [command(compiler, 'tsc'), ...options.split(' '), ...files], {
        cwd: folder,
        timeout: 60_000,
      })
      const { stdout } = await check.catch((error: { stdout: string }) => error)
      expect(stdout).toBe('')
    },
  )
})
