import { api, form, get, page, post, url } from 'trestle'
import { ApiError } from 'trestle/client'
import { toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'

/** Text has no form for null and for a list of nothing. */

const query = z.object({
  name: z.string().nullable(),
  max: z.int().nullable(),
  note: z.string().nullish(),
  tags: z.array(z.string()),
  ids: z.array(z.int()).optional(),
})
const some = z.object({ tags: z.array(z.string()).min(1) })
const headers = z.object({ 'x-tags': z.array(z.string()), 'x-name': z.string().nullable() })
const cookies = z.object({ theme: z.string().nullable() })
const app = api({
  find: get('/find', { query }, ({ query }) => query),
  list: get('/list', { query: page.cursor({ tags: z.array(z.string()), by: z.string().nullable() }) }, ({ query }) => ({
    tags: query.tags,
    by: query.by,
  })),
  some: get('/some', { query: some }, ({ query }) => query),
  send: post('/send', { body: form(z.object({ tags: z.array(z.string()) })) }, ({ body }) => body),
  told: get('/told', { headers, cookies }, ({ headers, cookies }) => ({ headers, cookies })),
  holed: get('/holed', { query: z.object({ ids: z.array(z.int().nullable()) }) }, ({ query }) => query),
})
const { client, fetch, close } = await createTestClient(app)
afterAll(() => close())

test('null and lists of nothing arrive as they were given', async () => {
  const nothing = { name: null, max: null, note: undefined, tags: [] }
  expect(await client.find({ query: nothing })).toEqual({ name: null, max: null, tags: [] })
  const given = { name: 'null', max: 3, note: 'x', tags: ['a'], ids: [1, 2] }
  expect(await client.find({ query: given })).toEqual(given)
  expect(await client.list({ query: { tags: [], by: null } })).toEqual({ tags: [], by: null })
  expect(await client.send({ body: { tags: [] } })).toEqual({ tags: [] })
  const said = { headers: { 'x-tags': [], 'x-name': null }, cookies: { theme: null } }
  expect(await client.told(said)).toEqual(said)
})

test('a field that is optional and null is left out, never the text "null"', async () => {
  expect(await client.find({ query: { name: null, max: 1, note: null, tags: [], ids: [] } })).toEqual({
    name: null,
    max: 1,
    tags: [],
  })
  expect(url(app.find, {}, { name: null, max: 1 })).toBe('/find?max=1')
})

test('a list that must hold something is refused by name', async () => {
  const refused = await client.some({ query: { tags: [] } }).catch((error: ApiError) => error)
  expect(refused).toBeInstanceOf(ApiError)
  expect((refused as ApiError).errors).toEqual([
    { pointer: '/query/tags', code: 'required', message: 'This field is required' },
  ])
})

test('a list that holds null is not sent', async () => {
  await expect(client.holed({ query: { ids: [1, null] } })).rejects.toThrow('"ids" holds null')
})

test('the description says that such fields may be left out', async () => {
  const { paths } = await toOpenApi(app)
  const required = (path: string) =>
    paths[path]?.get?.parameters?.flatMap(({ name, required }) => (required ? name : []))
  expect(required('/find')).toEqual([])
  expect(required('/list')).toEqual([])
  expect(required('/told')).toEqual([])
  expect(required('/some')).toEqual(['tags'])
  expect((await fetch('/find')).status).toBe(200)
  expect((await fetch('/some')).status).toBe(422)
})
