import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

const root = path.join(import.meta.dirname, '..')
const { './package.json': itself, ...subpaths } = manifest.exports
const entries = Object.entries(subpaths).map(([key, target]) => ({
  subpath: path.posix.join('trestle', key),
  stem: key === '.' ? 'index' : key.slice('./'.length),
  target,
}))

test('each subpath is one file in src, and its own in dist', () => {
  for (const { stem, target } of entries) {
    expect(target).toEqual({
      'trestle-source': `./src/${stem}.ts`,
      types: `./dist/${stem}.d.ts`,
      default: `./dist/${stem}.js`,
    })
    expect(existsSync(path.join(root, 'src', `${stem}.ts`)), `src/${stem}.ts is there`).toBe(true)
  }
  expect(itself).toBe('./package.json')
})

test('each file right in src is a subpath', () => {
  const files = readdirSync(path.join(root, 'src')).filter((file) => file.endsWith('.ts'))
  expect(files.sort()).toEqual(entries.map(({ stem }) => `${stem}.ts`).sort())
})

test('public names change on purpose only', async () => {
  const lines: string[] = []
  for (const { subpath, stem } of entries.filter(({ stem }) => existsSync(path.join(root, 'src', `${stem}.ts`)))) {
    const module: object = await import(path.join(root, 'src', `${stem}.ts`))
    lines.push(
      `${subpath}`,
      ...Object.keys(module)
        .sort()
        .map((name) => `  ${name}`),
      '',
    )
  }
  await expect(lines.join('\n')).toMatchFileSnapshot('golden/exports.txt')
})
