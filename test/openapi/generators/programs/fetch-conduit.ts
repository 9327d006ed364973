// Uses Conduit through what openapi-typescript writes for it, and prints what came.
import createClient from 'openapi-fetch'
import type { components, paths } from './conduit.ts'

type Article = components['schemas']['Article']

const baseUrl = process.argv[2] ?? ''
const conduit = createClient<paths>({ baseUrl })

function got<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error))
  return data
}

const anybody = await conduit.GET('/api/user')
const { user } = got(
  await conduit.POST('/api/users', {
    body: { user: { username: 'fetch', email: 'fetch@conduit.example', password: 'a long one' } },
  }),
)
const again = await conduit.POST('/api/users', { body: { user: { ...user, password: 'a long one' } } })
const headers = { authorization: `Token ${user.token}` }

const made = await conduit.POST('/api/articles', {
  headers,
  // `tagList` has a default, so it may be left out.
  body: { article: { title: 'By fetch', description: 'Short', body: 'Long' } },
})
const { article } = got(made)
const params = { path: { slug: article.slug } }
const update = { article: { tagList: ['generated', 'fetch'] } }
const changed: Article = got(await conduit.PUT('/api/articles/{slug}', { headers, params, body: update })).article
const listed = got(await conduit.GET('/api/articles', { params: { query: { tag: 'generated', author: 'fetch' } } }))
// @ts-expect-error not a number
await conduit.GET('/api/articles', { params: { query: { limit: 'ten' } } })
const { comment } = got(
  await conduit.POST('/api/articles/{slug}/comments', { headers, params, body: { comment: { body: 'Well said' } } }),
)
const removed = await conduit.DELETE('/api/articles/{slug}', { headers, params })
const gone = await conduit.GET('/api/articles/{slug}', { params })

console.log(
  JSON.stringify({
    anybody: anybody.error?.errors.body,
    again: again.error?.errors.body,
    article: article.slug,
    location: made.response.headers.get('location'),
    tags: changed.tagList,
    listed: listed.articles.map(({ slug }) => slug),
    comment: [comment.body, comment.author.username],
    removed: removed.response.status,
    gone: gone.error?.errors.body,
  }),
)
