import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Page, fileOf, readPages, root } from './page.ts'
import { hasCurl, walkThrough } from './walkthrough.ts'

const pages = readPages().filter((page) => page.blocks.some((block) => block.language === 'ts'))
let folder: string

// Not under node_modules: Node takes types off no file that is there.
beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'trestle-docs-')))
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }))
  for (const page of pages) writePage(page)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const compilerOptions = {
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
  module: 'nodenext',
  customConditions: ['trestle-source'],
  types: ['node'],
  strict: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
}

function folderOf(page: Page): string {
  return path.join(folder, page.name.replaceAll('/', '-'))
}

/** Each block is a file whose lines have the numbers they have on the page. */
function writePage(page: Page): void {
  mkdirSync(folderOf(page))
  writeFileSync(path.join(folderOf(page), 'package.json'), '{ "type": "module" }\n')
  const taken = new Set<string>()
  for (const block of page.blocks.filter(({ language }) => language === 'ts')) {
    const file = fileOf(block)
    if (taken.has(file)) throw new Error(`${page.name} has two blocks named ${file}`)
    taken.add(file)
    // A module even where it imports nothing, so that names of two blocks do not meet.
    writeFileSync(path.join(folderOf(page), file), `${'\n'.repeat(block.line - 1)}${block.text}export {}\n`)
  }
}

test('examples pass the compiler, strictly', async () => {
  const tsc = path.join(root, 'node_modules', '.bin', 'tsc')
  const output = await new Promise<string>((resolve) => {
    execFile(tsc, ['-p', folder, '--pretty', 'false'], { cwd: folder }, (error, stdout, stderr) => {
      resolve(error === null ? '' : stdout + stderr || error.message)
    })
  })
  expect(output).toBe('')
}, 60_000)

describe('what a page says is what happens', () => {
  test.each(pages.map((page) => [page.name, page] as const))(
    '%s',
    async (_, page) => {
      expect(await walkThrough(page, folderOf(page))).toEqual([])
    },
    60_000,
  )
})

if (!hasCurl) test.skip('the requests on the pages: this machine has no curl of 7.82 or later to send them')
