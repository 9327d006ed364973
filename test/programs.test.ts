import { describe, expect, test } from 'vitest'
import { programsOf } from '../scripts/programs.ts'

describe('what is a file of its own in dist', () => {
  const tree = { 'cli/main.ts': '', 'cli/worker.ts': '', 'wire/thread.ts': '' }
  const bin = { trestle: './dist/cli/main.js' }

  test.each([
    ['the commands of the package', '', []],
    [
      'a sibling with the ending of whoever names it',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a source
      'fork(fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url)))',
      ['cli/worker.ts'],
    ],
    ['a source by its whole name', "new Worker(new URL('../wire/thread.js', import.meta.url))", ['wire/thread.ts']],
    ['no folder', "new URL('../../assets/', import.meta.url)", []],
  ])('%s', (_, text, found) => {
    expect(programsOf({ ...tree, 'cli/start.ts': text }, bin)).toEqual(['cli/main.ts', ...found])
  })

  test('a name that leads nowhere is told', () => {
    const text = "new URL('./gone.js', import.meta.url)"
    expect(() => programsOf({ ...tree, 'cli/start.ts': text }, bin)).toThrow(
      'src/cli/start.ts names src/cli/gone.ts, and there is no such file: mend the name',
    )
    expect(() => programsOf(tree, { trestle: './dist/cli/gone.js' })).toThrow(
      '"bin" of package.json names src/cli/gone.ts',
    )
  })
})
