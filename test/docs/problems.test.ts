import { request } from 'node:http'
import * as trestle from 'trestle'
import { serve } from 'trestle/node'
import { expect, test } from 'vitest'
import { type ParserError, parserProblem } from '../../src/wire/parser-error.ts'
import { readPages } from './page.ts'

interface Row {
  readonly name: string
  readonly code: string
  readonly status: number
  readonly title: string
}

const page = readPages().find(({ name }) => name === 'docs/errors.md')?.text ?? ''
const rows: Row[] = [...page.matchAll(/^\| (?:`(\w+)`|–) \| `(\w+)` \| (\d{3}) \| ([^|]+) \|/gm)].map(
  ([, name = '', code = '', status, title = '']) => ({ name, code, status: Number(status), title: title.trim() }),
)

test('the table of built-in problems is what the package exports', () => {
  const exported = Object.entries(trestle).flatMap(([name, value]) => {
    const problem = value as Partial<trestle.ProblemType>
    return problem.is === 'problem' ? [{ name, code: problem.code, status: problem.status, title: problem.title }] : []
  })
  expect(rows.filter(({ name }) => name !== '').toSorted(byName)).toEqual(exported.toSorted(byName))
  expect(rows.length).toBeGreaterThan(15)
})

test('problems of node:http alone are what the table says', async () => {
  const { code, status, type } = parserProblem({
    code: 'ERR_HTTP_REQUEST_TIMEOUT',
    name: '',
    message: '',
  } as ParserError)
  const server = await serve(trestle.api({ read: trestle.get('/', () => 1) }), { port: 0, quiet: true, signals: false })
  const answers = [
    { code, status, title: type.title },
    await bodyOf(server.port, { expect: 'the impossible' }),
    await bodyOf(server.port, { 'x-long': 'x'.repeat(40_000) }),
  ]
  await server.stop()
  const unnamed = rows.filter(({ name }) => name === '').map(({ code, status, title }) => ({ code, status, title }))
  expect(unnamed).toEqual(answers)
})

/** The code, status and title of the answer to a GET with these header fields. */
function bodyOf(port: number, headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, headers, agent: false }, async (reply) => {
      let text = ''
      for await (const chunk of reply) text += chunk
      const { code, status, title } = JSON.parse(text) as Row
      resolve({ code, status, title })
    })
    asked.on('error', reject).end()
  })
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}
