import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { blocksOf, fileOf, root } from './page.ts'
import { hasCurl, walkThrough } from './walkthrough.ts'

let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'trestle-page-')))
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }\n')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What does not agree in a page of these blocks. */
function wrongIn(...blocks: readonly string[]): Promise<string[]> {
  const text = blocks.map((block) => `\`\`\`${block}\n\`\`\`\n`).join('\n')
  const page = { name: 'page.md', text, blocks: blocksOf(text) }
  for (const block of page.blocks.filter(({ language }) => language === 'ts')) {
    writeFileSync(path.join(folder, fileOf(block)), '\n'.repeat(block.line - 1) + block.text)
  }
  return walkThrough(page, folder)
}

const SERVES = `ts
import { api, get } from 'trestle'
import { serve } from 'trestle/node'
await serve(api({ hello: get('/hello', () => ({ hello: 'ann' })) }))`

test.each([
  ['a comment that is right, as printed or as inspected', "console.log('a', 1) // a 1\nconsole.log('a') // 'a'", 0],
  ['a comment that is wrong', 'console.log(1 + 1) // 3', 1],
  ['a comment that is right once of two times', 'for (const x of [1, 2]) console.log(x) // 1', 1],
  ['a line that is never reached', 'if (Date.now() < 0) console.log(1) // 1', 1],
  ['lines below', 'console.log(`a\\nb`)\n// a\n// b', 0],
  ['lines below that are wrong', 'console.log(`a\\nb`)\n// a\n// c', 1],
  ['a failure', "throw new Error('no')", 1],
  ['a complaint', "console.error('no')", 1],
])('%s', async (_, code, faults) => {
  expect(await wrongIn(`ts\n${code}`)).toHaveLength(faults)
})

test.runIf(hasCurl).each([
  ['a reply that is right', 'http', 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n{ "hello": "ann" }', 0],
  ['another status', 'http', 'HTTP/1.1 201 Created\n\n{ "hello": "ann" }', 1],
  ['a field that is not there', 'http', 'HTTP/1.1 200 OK\nx-other: 1\n\n{ "hello": "ann" }', 1],
  ['another body', 'http', 'HTTP/1.1 200 OK\n\n{ "hello": "bob" }', 1],
])('%s', async (_, language, expected, faults) => {
  expect(await wrongIn(SERVES, 'sh\ncurl -i localhost:8000/hello', `${language}\n${expected}`)).toHaveLength(faults)
})

test('a command that no test knows, and a request to nobody', async () => {
  expect(await wrongIn('sh\nrm x')).toEqual(['page.md:2 has a command that no test knows: rm'])
  expect(await wrongIn('sh\ncurl localhost:8000/')).toEqual(['page.md:2 asks a server, and none runs'])
})

test('an example that is not run must say why', async () => {
  expect(await wrongIn('ts no-run\nawait new Promise(() => {})')).toEqual([
    'page.md:2 is not run, and does not say why',
  ])
})
