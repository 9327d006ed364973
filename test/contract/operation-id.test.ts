import { expect, test } from 'vitest'
import { createClient } from '../../src/client.ts'
import { toFetch } from '../../src/fetch.ts'
import { api, get, group, walk } from '../../src/index.ts'
import { toOpenApi } from '../../src/openapi.ts'

const articles = group('/articles', {
  read: get('/{slug}', { operationId: 'GetArticle' }, ({ params, operation }) => ({ slug: params.slug, operation })),
  list: get('/', () => []),
})
const blog = api({ articles })

test('an endpoint says what OpenAPI calls it; its own name stays that of its keys', async () => {
  expect(walk(blog).map(({ id, operationId }) => [id, operationId])).toEqual([
    ['articles.read', 'GetArticle'],
    ['articles.list', 'articles.list'],
  ])
  const { paths } = await toOpenApi(blog)
  expect(paths['/articles/{slug}']?.get).toMatchObject({ operationId: 'GetArticle', 'x-trestle-id': 'articles.read' })
  expect(paths['/articles']?.get).toMatchObject({ operationId: 'articles.list' })
  expect(paths['/articles']?.get).not.toHaveProperty('x-trestle-id')
})

test('a client calls it by its own name, with the contract and with the description alone', async () => {
  const handle = await toFetch(blog)
  for (const options of [{ contract: blog, fetch: handle }, { fetch: handle }]) {
    const client = createClient<typeof blog>('http://local', options)
    expect(await client.articles.read({ params: { slug: 'a' } })).toEqual({ slug: 'a', operation: 'articles.read' })
    expect(await client.articles.list()).toEqual([])
  }
  await handle.close()
})

test('two endpoints cannot have one operationId', async () => {
  const twice = api({
    a: get('/a', { operationId: 'Same' }, () => 1),
    b: get('/b', { operationId: 'Same' }, () => 2),
  })
  await expect(toOpenApi(twice)).rejects.toThrow('two endpoints are called "Same"')
})
