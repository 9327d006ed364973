import { del, group, NotFound, post } from 'trestle'
import { user } from '../session.ts'
import { store } from '../store/store.ts'
import { articleNamed, SingleArticleResponse } from './articles.ts'

export const favorites = group(
  '/articles',
  { tags: ['Favorites'] },
  {
    create: post(
      '/{slug}/favorite',
      {
        operationId: 'CreateArticleFavorite',
        summary: 'Favorite an article',
        description: 'Favorite an article. Auth is required',
        returns: SingleArticleResponse,
        throws: [NotFound],
        use: { user, store },
      },
      ({ params, user, store }) => {
        store.articles.favorite(articleNamed(params.slug, store, user), user)
        return { article: articleNamed(params.slug, store, user) }
      },
    ),
    remove: del(
      '/{slug}/favorite',
      {
        operationId: 'DeleteArticleFavorite',
        summary: 'Unfavorite an article',
        description: 'Unfavorite an article. Auth is required',
        returns: SingleArticleResponse,
        throws: [NotFound],
        use: { user, store },
      },
      ({ params, user, store }) => {
        store.articles.unfavorite(articleNamed(params.slug, store, user), user)
        return { article: articleNamed(params.slug, store, user) }
      },
    ),
  },
)
