import { api, created, get, group, post } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { expect, test } from 'vitest'
import { z } from 'zod'

const Article = z.object({ slug: z.string() })
const Wrapped = z.object({ article: Article })
const read = get('/{slug}', ({ params }) => params)

async function locationOf(create: ReturnType<typeof post>): Promise<string | null> {
  const handle = await toFetch(api({ blog: group('/blogs/{blog}/articles', { create, read }) }))
  const reply = await handle(new Request('http://local/blogs/7/articles', { method: 'POST' }))
  expect(reply.status).toBe(201)
  return reply.headers.get('location')
}

test('Location is the sibling that reads it, filled from the body', async () => {
  const create = post('/', { returns: created(Article) }, () => ({ slug: 'tea & cake' }))
  expect(await locationOf(create)).toBe('/blogs/7/articles/tea%20%26%20cake')
})

test('the value of the parameter can come from deeper in the body', async () => {
  const returns = created(Wrapped, { location: ({ article }) => ({ slug: article.slug }) })
  expect(await locationOf(post('/', { returns }, () => ({ article: { slug: 'tea' } })))).toBe('/blogs/7/articles/tea')
})

test('or the whole address is given', async () => {
  const returns = created(Article, { location: ({ slug }) => `/a/${slug}` })
  expect(await locationOf(post('/', { returns }, () => ({ slug: 'tea' })))).toBe('/a/tea')
})

test('there is none where the body lacks what the path needs', async () => {
  expect(await locationOf(post('/', { returns: created(Wrapped) }, () => ({ article: { slug: 'tea' } })))).toBe(null)
})

test('an address is written as a URI, whatever the body holds', async () => {
  const to = (slug: string) => {
    const returns = created(Article, { location: ({ slug }) => `/a/${slug}` })
    return locationOf(post('/', { returns }, () => ({ slug })))
  }
  expect(await to('Łódź <1>')).toBe('/a/%C5%81%C3%B3d%C5%BA%20%3C1%3E')
  expect(await to('half \ud800')).toBe('/a/half%20%EF%BF%BD')
  expect(await locationOf(post('/', { returns: created(Article) }, () => ({ slug: '\ud800' })))).toBe(
    '/blogs/7/articles/%EF%BF%BD',
  )
})
