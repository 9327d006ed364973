import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { difference } from '../docs/expected.ts'
import { blocksOf, root } from '../docs/page.ts'
import { hasCurl } from '../docs/walkthrough.ts'
import { createDatabase } from './database.ts'
import { startNode } from './process.ts'

const run = promisify(execFile)
/** What stands between what two blocks print. */
const BETWEEN = '--- the next block'

it.runIf(hasCurl)('what the README of the shop sends is answered as it says', async () => {
  const blocks = blocksOf(await readFile(path.join(root, 'examples', 'shop', 'README.md'), 'utf8'))
  const database = await createDatabase('SQLite')
  const running = await startNode('shop', 'main.ts', { ...database.env, STAFF_PASSWORD: 'three words of mine' })
  try {
    // In one shell, for later blocks use what earlier ones have set.
    const commands = blocks.filter(({ language }) => language === 'sh')
    const script = commands.map(({ text }) => text).join(`echo '${BETWEEN}'\n`)
    const { stdout } = await run('sh', [
      '-c',
      script.replaceAll('http://localhost:8000', running.url).replaceAll('localhost:8000', new URL(running.url).host),
    ])
    const printed = stdout.split(`${BETWEEN}\n`)
    expect(printed).toHaveLength(commands.length)
    let compared = 0
    for (const [index, block] of commands.entries()) {
      const next = blocks[blocks.indexOf(block) + 1]
      if (next === undefined || !['json', 'http', 'text'].includes(next.language)) continue
      expect([next.line, difference(next.language, printed[index] ?? '', next.text)]).toEqual([next.line, undefined])
      compared++
    }
    expect(compared).toBe(4)
  } finally {
    await running.stop()
    await database.remove()
  }
})
