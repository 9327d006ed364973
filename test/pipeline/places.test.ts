import { api, get } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'

test('an after hook of the API reshapes what its own endpoints give, and no built-in page', async () => {
  const app = api({ after: [(_context, result) => ({ data: result })] }, { hello: get('/hello', () => 'hi') })
  const { fetch, failures } = await createTestClient(app)

  expect(await (await fetch('/hello')).json()).toEqual({ data: 'hi' })
  expect(await (await fetch('/openapi.json')).json()).toMatchObject({ openapi: '3.1.0' })
  expect((await fetch('/docs')).status).toBe(200)
  expect(failures).toEqual([])
})

test('after hooks of the API run after those of groups and endpoints', async () => {
  const seen: string[] = []
  const after = (name: string) => () => void seen.push(name)
  const hello = get('/hello', { after: [after('endpoint')] }, () => 'hi')
  const { fetch } = await createTestClient(api({ after: [after('api')] }, { hello }))
  await fetch('/hello')
  expect(seen).toEqual(['endpoint', 'api'])
})

test('a before hook of the API keeps strangers from the built-in pages too', async () => {
  const { fetch } = await createTestClient(api({ before: [() => 'no'] }, { hello: get('/hello', () => 'hi') }))
  expect(await (await fetch('/openapi.json')).json()).toBe('no')
})
