/** The sources that a process is started with: each has to be a file of its own in dist. */
import path from 'node:path'
import type { Tree } from './direction.ts'

/** `new URL('./serve-once…', import.meta.url)`: what a source looks for beside itself, up to where the ending is put. */
const BESIDE = /new URL\(\s*['"`](\.{1,2}\/[^'"`$]*?)(?:\.[a-z]+)?(?:\$\{[^`]*)?['"`],\s*import\.meta\.url/g

/**
 * The commands of the package, and the sources that others name by their place.
 *
 * @param commands the `bin` of package.json.
 * @returns paths inside src.
 * @throws where a name leads to no source: whoever starts it would be the first to know.
 */
export function programsOf(tree: Tree, commands: Readonly<Record<string, string>>): string[] {
  const programs = new Set<string>()
  const add = (stem: string, place: string): void => {
    const file = `${stem}.ts`
    if (tree[file] === undefined)
      throw new Error(`${place} names src/${file}, and there is no such file: mend the name`)
    programs.add(file)
  }
  for (const command of Object.values(commands)) {
    add(path.posix.relative('dist', command).replace(/\.js$/, ''), `"bin" of package.json`)
  }
  for (const [file, text] of Object.entries(tree)) {
    for (const [, name = ''] of text.matchAll(BESIDE)) {
      const stem = path.posix.join(path.posix.dirname(file), name)
      // What lies outside of src comes with the package as it is.
      if (!name.endsWith('/') && !stem.startsWith('..')) add(stem, `src/${file}`)
    }
  }
  return [...programs]
}
