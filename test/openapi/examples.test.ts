import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Running, startNode } from '../shop/process.ts'

/** The examples as a stranger meets them: running, described by what they serve, called by generated clients. */

const run = promisify(execFile)
const here = import.meta.dirname
const root = path.join(here, '../..')
// Generators need the compiler API that TypeScript 7 lacks, so they live in a workspace beside an older one.
const generatorPackages = createRequire(path.join(here, 'generators/package.json'))
const rootPackages = createRequire(path.join(root, 'package.json'))

/** The file that a package names as its command. */
function command(packages: NodeJS.Require, name: string, bin: string): string {
  const manifest = packages.resolve(`${name}/package.json`)
  const { bin: bins } = packages(manifest) as { bin: string | Record<string, string> }
  return path.join(path.dirname(manifest), typeof bins === 'string' ? bins : (bins[bin] as string))
}

const generators = {
  fetch: (document: string, folder: string, name: string) => [
    command(generatorPackages, 'openapi-typescript', 'openapi-typescript'),
    document,
    '--output',
    path.join(folder, `${name}.ts`),
    // A field with a default may be left out of a request. What a reply always has, its schema requires.
    '--default-non-nullable=false',
  ],
  hey: (document: string, folder: string, name: string) => [
    command(generatorPackages, '@hey-api/openapi-ts', 'openapi-ts'),
    '--input',
    document,
    '--output',
    path.join(folder, name),
    '--no-log-file',
    '--silent',
  ],
}

const tsconfig = {
  compilerOptions: {
    strict: true,
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: ['node'],
    module: 'nodenext',
    rewriteRelativeImportExtensions: true,
    skipLibCheck: true,
    noEmitOnError: true,
    rootDir: '.',
    outDir: 'out',
  },
}

/** By which the programs log in, where they have to. */
const STAFF_PASSWORD = 'for the staff of tests'

/** What the programs of both generators print. */
const outcomes: Record<string, (kind: string, got: Record<string, unknown>) => void> = {
  shop: (_kind, { order, location, read, invoice, sheet, ...got }) => {
    const item = { sku: 'TEA-ASSAM-250', qty: 2, name: 'Assam TGFOP, loose, 250 g', unit_price_cents: 1450 }
    const { id } = order as { id: string }
    expect(order).toMatchObject({
      customer_id: 1,
      status: 'open',
      items: [item],
      total_cents: 2900,
      notes: 'Ring twice',
    })
    expect(location).toBe(`/orders/${id}`)
    expect(read).toEqual(order)
    expect(invoice).toMatch(/^Total +29\.00 EUR$/m)
    expect(sheet).toHaveLength(10)
    expect(got).toEqual({
      pages: [['TEA-ASSAM-250'], ['TEA-MINT-50']],
      keyless: 'idempotency_key_missing',
      refused: ['/body/customer_id', '/body/items/0/sku', '/body/items/0/qty'],
      outOfStock: { sku: 'COFFEE-DECAF-250', available: 0 },
      notPaid: 'open',
      paid: 'paid',
      refund: { amount_cents: 1450, reason: 'Torn' },
      left: 1450,
      refunds: [true],
      nobody: 'not_found',
    })
  },
  conduit: (kind, got) =>
    expect(got).toEqual({
      anybody: ['token: is missing'],
      again: ['email: has already been taken', 'username: has already been taken'],
      article: `by-${kind}`,
      location: `/api/articles/by-${kind}`,
      tags: ['generated', kind],
      listed: [`by-${kind}`],
      comment: ['Well said', kind],
      removed: 204,
      gone: ['article: not found'],
    }),
}

interface Finding {
  readonly ruleId: string
  readonly location: readonly { readonly pointer: string }[]
}

/** What redocly would have otherwise: a failure where nothing can be wrong; RealWorld describes none of its tags. */
const warnings: Record<string, readonly string[]> = {
  shop: [],
  conduit: [0, 1, 2, 3, 4, 5].map((tag) => `tag-description #/tags/${tag}/description`),
}

describe.each(Object.entries(outcomes))('%s, running', (name, checkOutcome) => {
  let folder: string
  let server: Running
  let document: string

  beforeAll(async () => {
    // Below node_modules, so that generated code finds its packages and nobody commits it.
    const cache = path.join(root, 'node_modules/.cache')
    await mkdir(cache, { recursive: true })
    folder = await mkdtemp(path.join(cache, 'trestle-examples-'))
    server = await startNode(name, 'main.ts', {
      DATABASE_FILE: path.join(folder, `${name}.db`),
      JWT_SECRET: 'a secret for tests, and for tests alone',
      STAFF_PASSWORD,
    })
    document = path.join(folder, 'openapi.json')
    await writeFile(document, await (await fetch(`${server.url}/openapi.json`)).text())
  })

  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('serves a document that is valid for the schema of OpenAPI', async () => {
    const given = JSON.parse(await readFile(document, 'utf8'))
    expect(given.openapi).toBe('3.1.0')
    expect(await new Validator().validate(given)).toEqual({ valid: true })
  })

  test('serves a document in which redocly lint finds no error', async () => {
    const lint = [command(rootPackages, '@redocly/cli', 'redocly'), 'lint', '--extends=recommended', '--format=json']
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' }
    const options = { cwd: folder, env, timeout: 60_000 }
    const { stdout } = await run(process.execPath, [...lint, document], options)
    const report = JSON.parse(stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('}') + 1))
    expect(report.totals.errors).toBe(0)
    const found = report.problems.map((problem: Finding) => `${problem.ruleId} ${problem.location[0]?.pointer}`)
    expect(found).toEqual(warnings[name])
  })

  test.each(Object.entries(generators))(
    'is used through a client by %s, compiled under tsc --strict',
    async (kind, generate) => {
      const inner = path.join(folder, kind)
      const options = { cwd: inner, timeout: 60_000 }
      await mkdir(inner)
      await writeFile(path.join(inner, 'package.json'), '{ "type": "module" }')
      await writeFile(path.join(inner, 'tsconfig.json'), JSON.stringify(tsconfig))
      await copyFile(path.join(here, `generators/programs/${kind}-${name}.ts`), path.join(inner, 'program.ts'))
      await run(process.execPath, generate(document, inner, name), options)
      const compile = run(process.execPath, [command(rootPackages, 'typescript', 'tsc')], options)
      expect((await compile.catch((error: { stdout: string }) => error)).stdout).toBe('')
      const { stdout } = await run(
        process.execPath,
        [path.join(inner, 'out/program.js'), server.url, STAFF_PASSWORD],
        options,
      )
      checkOutcome(kind, JSON.parse(stdout))
    },
  )
})
