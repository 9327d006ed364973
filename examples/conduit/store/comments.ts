import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Comment } from '../endpoints/comments.ts'
import type { ArticleRow } from './articles.ts'
import type { UserRow } from './users.ts'

/** A comment as somebody sees it, with what only the server needs. */
export interface CommentRow extends Comment {
  readonly authorId: number
}

type Viewer = UserRow | undefined

/** Comments on articles. */
export interface Comments {
  /** The newest first. */
  of(article: ArticleRow, viewer: Viewer): CommentRow[]
  byId(article: ArticleRow, id: number, viewer: Viewer): CommentRow | undefined
  insert(article: ArticleRow, author: UserRow, body: string): CommentRow
  remove(comment: CommentRow): void
}

const SELECT = `
  SELECT c.id, c.body, c.created_at, c.updated_at, c.author AS author_id, u.username, u.bio, u.image,
    EXISTS (SELECT 1 FROM follows WHERE follower = :viewer AND followed = c.author) AS following
  FROM comments c JOIN users u ON u.id = c.author
  WHERE c.article = :article`

export function createComments(database: DatabaseSync): Comments {
  const of = database.prepare(`${SELECT} ORDER BY c.id DESC`)
  const byId = database.prepare(`${SELECT} AND c.id = :id`)
  const insert = database.prepare(
    `INSERT INTO comments (article, author, body, created_at, updated_at) VALUES (:article, :author, :body, :now, :now)`,
  )
  const remove = database.prepare('DELETE FROM comments WHERE id = ?')
  const read = (article: ArticleRow, id: number, viewer: Viewer): CommentRow | undefined => {
    const found = byId.get({ article: article.id, id, viewer: viewer?.id ?? null })
    return found === undefined ? undefined : commentOf(found)
  }
  return {
    of: (article, viewer) => of.all({ article: article.id, viewer: viewer?.id ?? null }).map(commentOf),
    byId: read,
    insert: (article, author, body) => {
      const now = new Date().toISOString()
      const { lastInsertRowid } = insert.run({ article: article.id, author: author.id, body, now })
      return read(article, Number(lastInsertRowid), author) as CommentRow
    },
    remove: (comment) => void remove.run(comment.id),
  }
}

function commentOf(row: Record<string, SQLInputValue>): CommentRow {
  return {
    id: row.id as number,
    authorId: row.author_id as number,
    body: row.body as string,
    createdAt: row.created_at as string,
    updatedAt: row.updated_at as string,
    author: {
      username: row.username as string,
      bio: row.bio as string | null,
      image: row.image as string | null,
      following: row.following === 1,
    },
  }
}
