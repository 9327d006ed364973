import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { sources } from '../scripts/build.ts'
import { findViolations } from '../scripts/direction.ts'

const src = path.join(import.meta.dirname, '..', 'src')

test('imports in src go the way the design says', () => {
  const tree = Object.fromEntries(sources().map((file) => [file, readFileSync(path.join(src, file), 'utf8')]))
  expect(findViolations(tree)).toEqual([])
})

describe('an import that goes the wrong way is named', () => {
  const api = { 'contract/api.ts': 'export const a = 1' }

  test.each([
    ['a value', "import { a } from '../wire/http.ts'"],
    ['a type', "import type { A } from '../wire/http.ts'"],
    ['a type among values', "import { type A } from '../wire/http.ts'"],
    ['a type in place', "export type A = import('../wire/http.ts').A"],
    ['the type of a module', "export type A = typeof import('../wire/http.ts')"],
    ['a re-export', "export * from '../wire/http.ts'"],
    ['a re-exported type', "export type { A } from '../wire/http.ts'"],
    ['only for its effects', "import '../wire/http.ts'"],
    ['when it is needed', "await import('../wire/http.ts')"],
  ])('%s', (_, text) => {
    expect(findViolations({ 'contract/api.ts': `// first line\n${text}`, 'wire/http.ts': '' })).toEqual([
      'src/contract/api.ts:2 imports "../wire/http.ts": contract imports no other folder',
    ])
  })

  test.each([
    ['policies/limit.ts', '../compile/plan.ts', 'of other folders, policies imports contract alone'],
    ['projections/openapi.ts', '../pipeline/run.ts', 'of other folders, projections imports contract, compile alone'],
    ['pipeline/run.ts', '../wire/http.ts', 'of other folders, pipeline imports contract, compile alone'],
    ['pipeline/run.ts', '../backends/memory.ts', 'backends are imported by entry files alone'],
    ['cli/main.ts', '../backends/memory.ts', 'backends are imported by entry files alone'],
    ['wire/http.ts', '../node.ts', 'only entry files and cli import entry files'],
    ['compile/plan.ts', './none.ts', 'there is no such file'],
    ['compile/plan.ts', '../../test/shop.ts', 'src imports nothing outside src'],
  ])('from %s to %s', (file, from, rule) => {
    const tree = {
      ...api,
      'compile/plan.ts': '',
      'pipeline/run.ts': '',
      'wire/http.ts': '',
      'backends/memory.ts': '',
      'node.ts': '',
      [file]: `import '${from}'`,
    }
    expect(findViolations(tree)).toEqual([`src/${file}:1 imports "${from}": ${rule}`])
  })

  test('a folder that nobody has placed', () => {
    expect(findViolations({ 'utils/text.ts': '' })).toEqual([
      'src/utils/text.ts: "utils" is no layer; name it in scripts/direction.ts with what it may import',
    ])
  })

  test('imports that go the right way, or only stand in texts, are let be', () => {
    const tree = {
      ...api,
      'index.ts': "export { a } from './contract/api.ts'",
      'node.ts': "import './index.ts'\nimport './wire/http.ts'\nimport './backends/memory.ts'\nimport 'node:fs'",
      'compile/plan.ts':
        "import '../contract/api.ts'\n// import '../wire/http.ts'\nexport const t = \"import '../wire/http.ts'\"",
      'wire/http.ts': "import '../compile/plan.ts'\nimport 'node:http'",
      'backends/memory.ts': "import '../policies/limit.ts'",
      'policies/limit.ts': "import '../contract/api.ts'",
      'cli/main.ts': "import '../node.ts'",
    }
    expect(findViolations(tree)).toEqual([])
  })
})

describe('the core', () => {
  test('loads nothing from node:, not even types or later', () => {
    const rule = 'the core runs everywhere and imports nothing from "node:" (reached through src/index.ts)'
    const api = "import 'node:fs'\nimport type { Server } from 'node:http'\nawait import('node:path')"
    expect(findViolations({ 'index.ts': "export * from './contract/api.ts'", 'contract/api.ts': api })).toEqual([
      `src/contract/api.ts:1 imports "node:fs": ${rule}`,
      `src/contract/api.ts:2 imports "node:http": ${rule}`,
      `src/contract/api.ts:3 imports "node:path": ${rule}`,
    ])
  })

  test('loads zod only when something needs it, and no other package', () => {
    const rule = 'the core imports no package; zod may be loaded with import() when needed'
    expect(findViolations({ 'fetch.ts': "await import('zod')\nimport 'zod'\nawait import('valibot')" })).toEqual([
      `src/fetch.ts:2 imports "zod": ${rule}`,
      `src/fetch.ts:3 imports "valibot": ${rule}`,
    ])
  })

  test('ends where a module is loaded when something needs it', () => {
    const tree = { 'index.ts': "await import('./wire/http.ts')", 'wire/http.ts': "import 'node:http'" }
    expect(findViolations(tree)).toEqual([])
  })
})
