import * as trestle from 'trestle'
import { serve } from 'trestle/node'
import { expect, test } from 'vitest'
import * as refusals from '../../src/wire/refusals.ts'
import { Connection } from '../matrix/connection.ts'
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

test('problems without a name are those of the wire', () => {
  const ofWire = Object.values(refusals).flatMap((value) => {
    const { is, code, status, title } = value as Partial<trestle.ProblemType>
    return is === 'problem' ? [{ name: '', code, status, title }] : []
  })
  expect(rows.filter(({ name }) => name === '').toSorted(byCode)).toEqual(ofWire.toSorted(byCode))
})

test('they are what the wire answers', async () => {
  const app = trestle.api({ read: trestle.get('/', () => 1) })
  const options = { port: 0, quiet: true, signals: false }
  const roomy = await serve(app, options)
  const narrow = await serve(app, { ...options, limits: { connections: 1 } })
  const only = await Connection.open(narrow.port)
  const answers = [
    await answer(roomy.port, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: the impossible\r\n\r\n'),
    await answer(roomy.port, `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(16_384)}\r\n\r\n`),
    await answer(narrow.port, ''),
    await answer(roomy.port, 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'),
  ]
  only.end()
  await Promise.all([roomy.stop(), narrow.stop()])
  expect(answers).toEqual(rows.filter(({ name }) => name === '').map(({ name: _, ...row }) => row))
})

/** The code, status and title of what these bytes are answered with. */
async function answer(port: number, bytes: string): Promise<unknown> {
  const connection = await Connection.open(port)
  connection.write(bytes)
  const reply = await connection.reply('GET')
  connection.end()
  const { code, status, title } = JSON.parse(String(reply?.body)) as Row
  return { code, status, title }
}

function byCode(one: { readonly code?: string | undefined }, other: { readonly code?: string | undefined }): number {
  return (one.code as string) < (other.code as string) ? -1 : 1
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}
