import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseEnvFile } from '../../src/settings/env-file.ts'

const read = (text: string) =>
  Object.fromEntries([...parseEnvFile(text).entries].map(([name, { value }]) => [name, value]))

describe('what stands in a .env file', () => {
  test.each([
    ['A=1', { A: '1' }],
    ['  A = 1 ', { A: '1' }],
    ['export A=1', { A: '1' }],
    ['A=', { A: '' }],
    ['A=one # two', { A: 'one' }],
    ['A=one#two', { A: 'one#two' }],
    ['A=#two', { A: '' }],
    ['A="one # two" # three', { A: 'one # two' }],
    ["A='one # two'", { A: 'one # two' }],
    ['A=`it\'s "this"`', { A: 'it\'s "this"' }],
    ['A="one\\ntwo"', { A: 'one\ntwo' }],
    ["A='one\\ntwo'", { A: 'one\\ntwo' }],
    ['A=one\\ntwo', { A: 'one\\ntwo' }],
    ['A="{\\"a\\":1}"', { A: '{"a":1}' }],
    ['A="C:\\temp"', { A: 'C:\\temp' }],
    ['A="one\ntwo"\nB=3', { A: 'one\ntwo', B: '3' }],
    ['A=a=b', { A: 'a=b' }],
    ['A=1\r\nB="2\r\n3"\r\n', { A: '1', B: '2\n3' }],
    ['\uFEFFA=1', { A: '1' }],
    ['A=1\nA=2', { A: '2' }],
    ['__proto__=1', Object.fromEntries([['__proto__', '1']])],
    ['', {}],
  ])('%j', (text, expected) => {
    expect(read(text)).toEqual(expected)
    expect(parseEnvFile(text).faults).toEqual([])
  })

  test('each variable has the line it begins on', () => {
    const { entries } = parseEnvFile('# one\nA="1\n2\n3"\r\nB=1\n\nC=1')
    expect([...entries].map(([name, { line }]) => [name, line])).toEqual([
      ['A', 2],
      ['B', 5],
      ['C', 7],
    ])
  })

  test('lines that are no settings are named by number, and their text is not kept', () => {
    const { faults, entries } = parseEnvFile('hunter2\nA=1\n2D=hunter2\nE="5" hunter2\nC=3\nB="hunter2\n')
    expect(faults.map(({ line }) => line)).toEqual([1, 3, 4, 6])
    expect(JSON.stringify(faults)).not.toContain('hunter2')
    expect([...entries.keys()]).toEqual(['A', 'E', 'C'])
  })

  test('reads what Node reads, where the two agree on the rules', () => {
    const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/)
    const word = fc.stringMatching(/^[a-zA-Z0-9:/.,;!?@%^&*()+={}[\]|<>~-]{0,12}$/)
    const value = fc.oneof(
      word,
      fc.tuple(word, word).map(([a, b]) => `"${a}\n${b}"`),
      fc.tuple(word, word).map(([a, b]) => `'${a} # ${b}'`),
      word.map((text) => `"${text}\\n"`),
    )
    const row = fc.oneof(
      fc.tuple(name, value).map(([key, text]) => `${key}=${text}`),
      word.map((text) => `# ${text}`),
      fc.constant(''),
    )
    fc.assert(
      fc.property(fc.array(row), fc.constantFrom('\n', '\r\n'), (rows, end) => {
        const text = rows.join('\n').replaceAll('\n', end)
        expect(read(text)).toEqual({ ...parseEnv(text.replaceAll('\r\n', '\n')) })
      }),
      { numRuns: 500 },
    )
  })

  test('a long line takes linear time', () => {
    const began = performance.now()
    for (const text of [`A=${' #'.repeat(500_000)}`, `A=${' '.repeat(1_000_000)}x`, `A="${'\\'.repeat(1_000_000)}`]) {
      parseEnvFile(text)
    }
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
