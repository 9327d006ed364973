import { depends } from 'trestle'
import { config } from '../config.ts'
import { type Articles, createArticles } from './articles.ts'
import { type Comments, createComments } from './comments.ts'
import { openDatabase } from './database.ts'
import { createUsers, type Users } from './users.ts'

/** All that Conduit keeps. */
export interface Store {
  readonly users: Users
  readonly articles: Articles
  readonly comments: Comments
  readonly close: () => void
}

export function openStore(file: string): Store {
  const database = openDatabase(file)
  return {
    users: createUsers(database),
    articles: createArticles(database),
    comments: createComments(database),
    close: () => database.close(),
  }
}

export const store = depends(
  {},
  function* () {
    const open = openStore(config.databaseFile)
    yield open
    open.close()
  },
  { scope: 'app', name: 'store' },
)
