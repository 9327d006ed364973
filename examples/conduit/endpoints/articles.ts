import { created, del, Forbidden, get, group, NotFound, noContent, post, put } from 'trestle'
import { z } from 'zod'
import { forbidden, notFound } from '../errors.ts'
import { user, viewer } from '../session.ts'
import type { ArticleRow } from '../store/articles.ts'
import { type Store, store } from '../store/store.ts'
import type { UserRow } from '../store/users.ts'
import { Profile } from './profiles.ts'
import { line, prose } from './text.ts'

const NewArticle = z
  .object({ title: line, description: line, body: prose, tagList: z.array(line).default([]) })
  .meta({ id: 'NewArticle' })
const NewArticleRequest = z.object({ article: NewArticle }).meta({ id: 'NewArticleRequest' })

const UpdateArticle = z
  .object({
    title: line.exactOptional(),
    description: line.exactOptional(),
    body: prose.exactOptional(),
    // RealWorld's tests change tags, though its description does not have them here.
    tagList: z.array(line).exactOptional(),
  })
  .meta({ id: 'UpdateArticle' })
const UpdateArticleRequest = z.object({ article: UpdateArticle }).meta({ id: 'UpdateArticleRequest' })

export const Article = z
  .object({
    slug: z.string(),
    title: z.string(),
    description: z.string(),
    body: z.string(),
    tagList: z.array(z.string()),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    favorited: z.boolean(),
    favoritesCount: z.int(),
    author: Profile,
  })
  .meta({ id: 'Article' })
export type Article = z.infer<typeof Article>

export const SingleArticleResponse = z.object({ article: Article }).meta({ id: 'SingleArticleResponse' })
const MultipleArticlesResponse = z
  .object({ articles: z.array(Article.omit({ body: true })), articlesCount: z.int() })
  .meta({ id: 'MultipleArticlesResponse' })

const paging = {
  offset: z.int().min(0).default(0).describe('The number of items to skip before starting to collect the result set.'),
  limit: z.int().min(1).default(20).describe('The numbers of items to return.'),
}

export const articles = group(
  '/articles',
  { tags: ['Articles'] },
  {
    feed: get(
      '/feed',
      {
        operationId: 'GetArticlesFeed',
        summary: 'Get recent articles from users you follow',
        description: 'Get most recent articles from users you follow. Use query parameters to limit. Auth is required',
        query: z.object(paging),
        returns: MultipleArticlesResponse,
        use: { user, store },
      },
      ({ query, user, store }) => store.articles.list({ ...query, follower: user }, user),
    ),
    list: get(
      '/',
      {
        operationId: 'GetArticles',
        summary: 'Get recent articles globally',
        description: 'Get most recent articles globally. Use query parameters to filter results. Auth is optional',
        query: z.object({
          tag: z.string().optional().describe('Filter by tag'),
          author: z.string().optional().describe('Filter by author (username)'),
          favorited: z.string().optional().describe('Filter by favorites of a user (username)'),
          ...paging,
        }),
        returns: MultipleArticlesResponse,
        use: { viewer, store },
      },
      ({ query, viewer, store }) => store.articles.list(query, viewer),
    ),
    create: post(
      '/',
      {
        operationId: 'CreateArticle',
        summary: 'Create an article',
        description: 'Create an article. Auth is required',
        body: NewArticleRequest,
        returns: created(SingleArticleResponse, {
          location: ({ article }) => `/api/articles/${encodeURIComponent(article.slug)}`,
        }),
        use: { user, store },
      },
      ({ body, user, store }) => ({ article: store.articles.insert(user, body.article) }),
    ),
    read: get(
      '/{slug}',
      {
        operationId: 'GetArticle',
        summary: 'Get an article',
        description: 'Get an article. Auth not required',
        returns: SingleArticleResponse,
        throws: [NotFound],
        use: { viewer, store },
      },
      ({ params, viewer, store }) => ({ article: articleNamed(params.slug, store, viewer) }),
    ),
    update: put(
      '/{slug}',
      {
        operationId: 'UpdateArticle',
        summary: 'Update an article',
        description: 'Update an article. Auth is required',
        body: UpdateArticleRequest,
        returns: SingleArticleResponse,
        throws: [NotFound, Forbidden],
        use: { user, store },
      },
      ({ params, body, user, store }) => {
        const article = ownArticle(params.slug, store, user)
        return { article: store.articles.update(article, { ...article, ...body.article }, user) }
      },
    ),
    remove: del(
      '/{slug}',
      {
        operationId: 'DeleteArticle',
        summary: 'Delete an article',
        description: 'Delete an article. Auth is required',
        returns: noContent(),
        throws: [NotFound, Forbidden],
        use: { user, store },
      },
      ({ params, user, store }) => store.articles.remove(ownArticle(params.slug, store, user)),
    ),
  },
)

/** @throws NotFound */
export function articleNamed(slug: string, store: Store, viewer: UserRow | undefined): ArticleRow {
  const article = store.articles.bySlug(slug, viewer)
  if (article === undefined) throw notFound('article')
  return article
}

/** @throws NotFound, Forbidden */
function ownArticle(slug: string, store: Store, user: UserRow): ArticleRow {
  const article = articleNamed(slug, store, user)
  if (article.authorId !== user.id) throw forbidden('article')
  return article
}
