import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

/** What `tsc` says of each case, by its name. */
function errorsByCase(): Promise<Map<string, string>> {
  const tsc = path.join(root, 'node_modules', '.bin', 'tsc')
  return new Promise((resolve) => {
    execFile(tsc, ['-p', 'test/compile-fail', '--pretty', 'false'], { cwd: root }, (_error, stdout) => {
      const errors = new Map<string, string>()
      for (const block of stdout.split(/\n(?=\S)/)) {
        const [, name = 'elsewhere', text = block] = /cases\/([\w-]+)\.ts(\(.*)/s.exec(block.trimEnd()) ?? []
        errors.set(name, `${errors.get(name) ?? ''}${text}\n`)
      }
      resolve(errors)
    })
  })
}

test('each wrong use is one error, which says what is wrong in words of the reader', async () => {
  const cases = readdirSync(path.join(import.meta.dirname, 'cases')).map((file) => file.replace(/\.ts$/, ''))
  const errors = await errorsByCase()
  expect([...errors.keys()].toSorted()).toEqual(cases.toSorted())
  expect(cases.length).toBeGreaterThanOrEqual(10)
  const page = cases.toSorted().map((name) => `${name}\n${errors.get(name)}`)
  await expect(page.join('\n')).toMatchFileSnapshot('errors.txt')
}, 60_000)
