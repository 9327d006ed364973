import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { type Page, readPages, root } from './page.ts'

const pages = readPages()

/** The names that an entry exports, types included. */
function exportsOf(entry: string): string[] {
  const text = readFileSync(path.join(root, 'src', entry), 'utf8')
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) => names.split(','))
  const declared = [...text.matchAll(/^export (?:async )?(?:interface|type|function|const|class) (\w+)/gm)]
  const all = [...text.matchAll(/^export \* from '(.+)'/gm)].flatMap(([, file = '']) => exportsOf(file))
  return [...listed.map((name) => name.trim().replace(/^type /, '')), ...declared.map(([, name = '']) => name), ...all]
    .filter(Boolean)
    .map((name) => name.split(' as ').at(-1) as string)
}

test.each(globSync('*.ts', { cwd: path.join(root, 'src') }))(
  'every export of src/%s is on the page of names',
  (entry) => {
    const named = new Set(pageNamed('docs/names.md').text.match(/(?<=`)\w+(?=`)/g))
    const exported = exportsOf(entry)
    expect(exported.length).toBeGreaterThan(0)
    expect(exported.filter((name) => !named.has(name))).toEqual([])
  },
)

test('the page of names has none that is gone', () => {
  const exported = new Set(globSync('*.ts', { cwd: path.join(root, 'src') }).flatMap(exportsOf))
  const tables = pageNamed('docs/names.md').text.match(/^\|.*$/gm) ?? []
  const named = tables.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
  expect(named.length).toBeGreaterThan(100)
  expect(named.filter((name) => !exported.has(name))).toEqual([])
})

test.each(pages.map((page) => [page.name, page] as const))('the links of %s lead somewhere', (_, page) => {
  const links = [...withoutBlocks(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  const broken = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(page, link))
  expect(broken).toEqual([])
})

test('every page is in the index', () => {
  const index = pageNamed('docs/README.md').text
  const others = pages.filter(({ name }) => name.startsWith('docs/') && name !== 'docs/README.md')
  expect(others.filter(({ name }) => !index.includes(`](${path.basename(name)})`)).map(({ name }) => name)).toEqual([])
})

function pageNamed(name: string): Page {
  const page = pages.find((one) => one.name === name)
  if (page === undefined) throw new Error(`there is no ${name}`)
  return page
}

function leadsSomewhere(page: Page, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? page.name : path.posix.join(path.posix.dirname(page.name), file)
  if (!existsSync(path.join(root, target))) return false
  if (anchor === undefined) return true
  const headings = withoutBlocks({ text: readFileSync(path.join(root, target), 'utf8') }).match(/^#+ .*$/gm) ?? []
  return headings.map(anchorOf).includes(anchor)
}

/** As GitHub makes them. */
function anchorOf(heading: string): string {
  return heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function withoutBlocks({ text }: { readonly text: string }): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '')
}
