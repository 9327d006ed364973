import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'
import { library } from './library.ts'

const run = promisify(execFile)
const root = path.join(import.meta.dirname, '../..')
const packages = createRequire(path.join(root, 'package.json'))
// Generators need the compiler API that TypeScript 7 lacks, so they live in a workspace beside an older one.
const generators = createRequire(path.join(root, 'test/openapi/generators/package.json'))

/** The file that a package names as its command. */
function command(from: NodeJS.Require, name: string, bin: string): string {
  const manifest = from.resolve(`${name}/package.json`)
  const { bin: bins } = from(manifest) as { bin: string | Record<string, string> }
  return path.join(path.dirname(manifest), typeof bins === 'string' ? bins : (bins[bin] as string))
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: object
}
interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly responses: Readonly<Record<string, object>>
}

interface Finding {
  readonly ruleId: string
  readonly location: readonly { readonly pointer: string }[]
}

/** A program that uses types made of the document. */
const PROGRAM = `
import type { paths, components } from './library.ts'
type Query = NonNullable<paths['/books']['get']['parameters']['query']>
export const query: Query = { status: 'in', 'pages[gte]': 300, 'title[contains]': 'a', 'status[in]': ['in', 'out'],
  sort: ['-title', 'added_at'], fields: ['title'], expand: ['author', 'loans'], q: 'words', limit: 10, cursor: 'x' }
// @ts-expect-error no filter was declared on it
export const wrong: Query = { isbn: '1' }
type Page = paths['/books']['get']['responses'][200]['content']['application/json']
export const titleOf = (page: Page): string | undefined => page.items[0]?.title
export const authorOf = (page: Page): string | undefined => page.items[0]?.author?.name
export const create: components['schemas']['BookCreate'] = { branch_id: 1, isbn: '1', title: 'x' }
export const dueOf = (loan: paths['/loans/{book_id}/{number}']['get']['responses'][200]['content']['application/json']): string => loan.due
export const key: paths['/loans/{book_id}/{number}']['get']['parameters']['path'] = { book_id: 1, number: 2 }
`

onBothDatabases('the OpenAPI document of resources', (opened) => {
  let folder: string
  let file: string
  let document: Readonly<Record<string, unknown>> & {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
    readonly components: { readonly schemas: Readonly<Record<string, { readonly properties?: object }>> }
  }

  beforeAll(async () => {
    const cache = path.join(root, 'node_modules/.cache')
    await mkdir(cache, { recursive: true })
    folder = await mkdtemp(path.join(cache, 'trestle-resources-'))
    document = (await toOpenApi(library(opened()))) as never
    file = path.join(folder, 'openapi.json')
    await writeFile(file, JSON.stringify(document))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('is valid for the schema of OpenAPI, and redocly finds no error in it', async () => {
    expect(await new Validator().validate(JSON.parse(await readFile(file, 'utf8')))).toEqual({ valid: true })
    const lint = [command(packages, '@redocly/cli', 'redocly'), 'lint', '--extends=recommended', '--format=json', file]
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' }
    const { stdout } = await run(process.execPath, lint, { cwd: folder, env, timeout: 60_000 })
    const report = JSON.parse(stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('}') + 1))
    const found = report.problems.map(({ ruleId, location }: Finding) => `${ruleId} ${location[0]?.pointer}`)
    // What the author of this API has not said, which is no matter of resources.
    const unsaid = /^(?:info-license #\/info|tag-description #\/tags\/\d+\/description|no-empty-servers .*)$/
    expect(found.filter((finding: string) => !unsaid.test(finding))).toEqual([])
  }, 90_000)

  test('declares each field of each query, and says of each what it does', async () => {
    const { fetch, close } = await createTestClient(library(opened()))
    for (const [place, operations] of Object.entries(document.paths)) {
      const { get } = operations
      if (get === undefined) continue
      const fields = (get.parameters ?? []).filter((one) => one.in === 'query')
      for (const one of fields) {
        expect([place, one.name, one.description]).toEqual([place, one.name, expect.stringMatching(/\w/)])
        expect(one.required ?? false).toBe(false)
        expect(one.schema).not.toEqual({})
      }
      // What is declared is taken, or refused for its value; all else is refused for its name.
      for (const { name } of fields) {
        const reply = await fetch(`${place.replace(/\{\w+\}/g, '1')}?${encodeURIComponent(name)}=~`)
        const { errors = [] } = await reply.json()
        expect(errors.map(({ code }: { code: string }) => code)).not.toContain('unrecognized_keys')
      }
    }
    const names = (place: string) =>
      document.paths[place]?.get?.parameters?.flatMap((one) => (one.in === 'query' ? [one.name] : []))
    expect(names('/branches')).toEqual(['limit', 'cursor'])
    expect(names('/branches/{id}')).toEqual([])
    expect(names('/books/{id}')).toEqual(['fields', 'expand'])
    expect(names('/loans')).toEqual(['limit', 'offset', 'expand', 'count'])
    expect(names('/authors')?.toSorted()).toEqual([
      'born',
      'born[gt]',
      'born[gte]',
      'born[in]',
      'born[lt]',
      'born[lte]',
      'born[ne]',
      'born[null]',
      'cursor',
      'limit',
      'name',
      'name[contains]',
      'name[gt]',
      'name[gte]',
      'name[in]',
      'name[lt]',
      'name[lte]',
      'name[ne]',
      'name[starts]',
      'sort',
    ])
    await close()
  })

  test('says nothing of what callers do not see', () => {
    const text = JSON.stringify(document)
    expect(text).not.toContain('password_hash')
    expect(text).not.toContain('deleted_at')
    const { schemas } = document.components
    expect(Object.keys(schemas.BookCreate?.properties ?? {})).not.toContain('version')
    expect(Object.keys(schemas.BookCreate?.properties ?? {})).not.toContain('added_at')
    expect(Object.keys(schemas.Book?.properties ?? {})).toContain('version')
  })

  test('makes types by openapi-typescript that compile, and mean what the API does', async () => {
    const made = [
      command(generators, 'openapi-typescript', 'openapi-typescript'),
      file,
      '--output',
      path.join(folder, 'library.ts'),
    ]
    await run(process.execPath, [...made, '--default-non-nullable=false'], { cwd: folder, timeout: 60_000 })
    await writeFile(path.join(folder, 'program.ts'), PROGRAM)
    const options =
      '--strict --noEmit --skipLibCheck --target es2024 --module nodenext --allowImportingTsExtensions --types --ignoreConfig'
    const compile = run(
      process.execPath,
      [command(packages, 'typescript', 'tsc'), ...options.split(' '), 'program.ts'],
      {
        cwd: folder,
        timeout: 60_000,
      },
    )
    expect((await compile.catch((error: { stdout: string }) => error)).stdout).toBe('')
  }, 90_000)
})
