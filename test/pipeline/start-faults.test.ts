import { type Dependency, api, depends, errorFormat, get, post, text } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { describe, expect, test } from 'vitest'

test.each([
  ['undefined', undefined, 'is undefined'],
  ['a value', 7, 'is not a dependency'],
])('a dependency that is %s is told at start, by all that use it', async (_, given, what) => {
  const session = depends({ given: given as unknown as Dependency }, () => 1)
  const app = api({
    one: get('/one', { use: { given: given as never } }, () => 1),
    two: get('/two', { use: { session } }, () => 2),
  })
  await expect(createTestClient(app)).rejects.toMatchObject({
    faults: [
      { operation: 'one', field: 'use.given', what },
      { operation: 'two', field: 'use.session → given', what },
    ],
  })
})

describe('a media type', () => {
  const NONE = ['text', 'text/', '/csv', 'text/a b', 'text/a\nb', 'text/\u010a', 'text/csv; header', 'text/csv; a="b']
  const SEMICOLONS = `text/csv${'; '.repeat(40)}` // of which an expression with two ways at each takes for ever
  test.each([...NONE, `${SEMICOLONS}x`])('%j is told at start where it is declared', async (type) => {
    const app = api({
      in: post('/in', { body: text(type) }, () => {}),
      out: get('/out', { returns: text(type) }, () => ''),
    })
    const what = `${JSON.stringify(type)} is no media type`
    await expect(createTestClient(app)).rejects.toMatchObject({
      faults: [
        { operation: 'in', field: 'body', what },
        { operation: 'out', field: 'returns 200', what },
      ],
    })
    const format = { name: 'Odd', mediaType: type, body: () => ({}), schema: () => ({}) }
    expect(() => errorFormat(format)).toThrow(what)
  })

  test.each([
    'text/csv; header=present',
    'application/vnd.a+json;v=1; b="c \\" d"',
    'text/plain;',
    'text/plain;; ; a=b',
  ])('%j is one', async (type) => {
    const test = await createTestClient(api({ out: get('/out', { returns: text(type) }, () => 'a') }))
    expect((await test.fetch('/out')).headers.get('content-type')).toContain(type)
    await test.close()
  })
})
