import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { difference } from '../docs/expected.ts'
import { blocksOf } from '../docs/page.ts'
import { hasCurl } from '../docs/walkthrough.ts'
import { startNode } from '../shop/process.ts'
import { folder } from './open.ts'

const run = promisify(execFile)

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'trestle-library-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

test('it starts, on a database that it makes once, and stops', async () => {
  const env = { DATABASE_FILE: path.join(scratch, 'library.db') }
  for (let time = 0; time < 2; time++) {
    const running = await startNode('library', 'main.ts', env)
    const reply = await fetch(`${running.url}/branches`)
    expect(((await reply.json()) as { items: unknown[] }).items).toHaveLength(3)
    expect(await running.stop()).toBe(0)
    expect(running.output()).toMatch(/^Titles at \S+\/titles, documentation at \S+\/docs\nCards: .*\n$/)
  }
})

test.runIf(hasCurl)('what its README sends is answered as it says', async () => {
  const running = await startNode('library', 'main.ts', { DATABASE_FILE: path.join(scratch, 'readme.db') })
  try {
    const blocks = blocksOf(await readFile(path.join(folder, 'README.md'), 'utf8'))
    const commands = blocks.filter(({ language }) => language === 'sh')
    expect(commands).toHaveLength(3)
    for (const block of commands) {
      const text = block.text.replaceAll('localhost:8000', new URL(running.url).host)
      const { stdout } = await run('sh', ['-c', text])
      const next = blocks[blocks.indexOf(block) + 1]
      expect([block.line, difference('json', stdout, next?.text ?? '')]).toEqual([block.line, undefined])
    }
  } finally {
    await running.stop()
  }
})
