import { api, group, InvalidInput } from 'trestle'
import { articles } from './endpoints/articles.ts'
import { comments } from './endpoints/comments.ts'
import { favorites } from './endpoints/favorites.ts'
import { profiles } from './endpoints/profiles.ts'
import { tags } from './endpoints/tags.ts'
import { currentUser, users } from './endpoints/users.ts'
import { genericError } from './errors.ts'

/** RealWorld's API, as its OpenAPI document describes it. */
export const conduit = api(
  {
    title: 'RealWorld Conduit API',
    description: 'Conduit API documentation',
    version: '1.1.0',
    contact: { name: 'RealWorld', url: 'https://realworld-docs.netlify.app/' },
    license: { name: 'MIT License', url: 'https://opensource.org/licenses/MIT' },
    errors: genericError,
    // RealWorld promises a 422 everywhere, also where nothing can be invalid.
    throws: [InvalidInput],
  },
  group('/api', { users, currentUser, profiles, articles, comments, favorites, tags }),
)
