// Uses Conduit through what @hey-api/openapi-ts writes for it, and prints what came.
import { client } from './conduit/client.gen.ts'
import {
  createArticle,
  createArticleComment,
  createUser,
  deleteArticle,
  getArticle,
  getArticles,
  getCurrentUser,
  updateArticle,
} from './conduit/sdk.gen.ts'
import type { Article } from './conduit/types.gen.ts'

client.setConfig({ baseUrl: process.argv[2] ?? '' })

function got<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error))
  return data
}

const anybody = await getCurrentUser()
const { user } = got(
  await createUser({ body: { user: { username: 'hey', email: 'hey@conduit.example', password: 'a long one' } } }),
)
const again = await createUser({ body: { user: { ...user, password: 'a long one' } } })
// It knows from the document in which header the token goes.
client.setConfig({ auth: () => `Token ${user.token}` })

const made = await createArticle({
  // `tagList` has a default, so it may be left out.
  body: { article: { title: 'By hey', description: 'Short', body: 'Long' } },
})
const { article } = got(made)
const path = { slug: article.slug }
const changed: Article = got(
  await updateArticle({ path, body: { article: { tagList: ['generated', 'hey'] } } }),
).article
const listed = got(await getArticles({ query: { tag: 'generated', author: 'hey' } }))
// @ts-expect-error not a number
await getArticles({ query: { limit: 'ten' } })
const { comment } = got(await createArticleComment({ path, body: { comment: { body: 'Well said' } } }))
const removed = await deleteArticle({ path })
const gone = await getArticle({ path })

console.log(
  JSON.stringify({
    anybody: anybody.error?.errors.body,
    again: again.error?.errors.body,
    article: article.slug,
    location: made.response?.headers.get('location'),
    tags: changed.tagList,
    listed: listed.articles.map(({ slug }) => slug),
    comment: [comment.body, comment.author.username],
    removed: removed.response?.status,
    gone: gone.error?.errors.body,
  }),
)
