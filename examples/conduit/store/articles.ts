import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Article } from '../endpoints/articles.ts'
import { inTransaction } from './database.ts'
import { slugFor } from './slug.ts'
import type { UserRow } from './users.ts'

/** What of an article can be written. */
export interface ArticleFields {
  readonly title: string
  readonly description: string
  readonly body: string
  readonly tagList: readonly string[]
}

/** An article as somebody sees it, with what only the server needs. */
export interface ArticleRow extends Article {
  readonly id: number
  readonly authorId: number
}

export interface ArticleFilter {
  readonly tag?: string | undefined
  readonly author?: string | undefined
  /** The username of somebody whose favorite it is. */
  readonly favorited?: string | undefined
  /** Only authors that this user follows. */
  readonly follower?: UserRow
  readonly limit: number
  readonly offset: number
}

type Viewer = UserRow | undefined

/** Articles with their tags, and whose favorites they are. */
export interface Articles {
  bySlug(slug: string, viewer: Viewer): ArticleRow | undefined
  /** Those that match, newest first, and how many match in all. */
  list(filter: ArticleFilter, viewer: Viewer): { articles: Article[]; articlesCount: number }
  insert(author: UserRow, fields: ArticleFields): ArticleRow
  /** A new title makes a new slug. */
  update(article: ArticleRow, fields: ArticleFields, viewer: UserRow): ArticleRow
  remove(article: ArticleRow): void
  favorite(article: ArticleRow, user: UserRow): void
  unfavorite(article: ArticleRow, user: UserRow): void
  /** Every tag in use, the most used first. */
  tags(): string[]
}

/** The most that one reply carries, however much was asked for. */
const MOST = 100

const SELECT = `
  SELECT a.id, a.slug, a.title, a.description, a.body, a.created_at, a.updated_at, a.author AS author_id,
    u.username, u.bio, u.image,
    (SELECT json_group_array(tag ORDER BY position) FROM article_tags WHERE article = a.id) AS tags,
    (SELECT count(*) FROM favorites WHERE article = a.id) AS favorites_count,
    EXISTS (SELECT 1 FROM favorites WHERE article = a.id AND user = :viewer) AS favorited,
    EXISTS (SELECT 1 FROM follows WHERE follower = :viewer AND followed = a.author) AS following
  FROM articles a JOIN users u ON u.id = a.author`

const MATCHING = `
  WHERE (:author IS NULL OR u.username = :author)
    AND (:tag IS NULL OR EXISTS (SELECT 1 FROM article_tags WHERE article = a.id AND tag = :tag))
    AND (:follower IS NULL OR EXISTS (SELECT 1 FROM follows WHERE follower = :follower AND followed = a.author))
    AND (:favorited IS NULL OR EXISTS (
      SELECT 1 FROM favorites f JOIN users fan ON fan.id = f.user WHERE f.article = a.id AND fan.username = :favorited))`

export function createArticles(database: DatabaseSync): Articles {
  const bySlug = database.prepare(`${SELECT} WHERE a.slug = :slug`)
  const list = database.prepare(
    `${SELECT} ${MATCHING} ORDER BY a.created_at DESC, a.id DESC LIMIT :limit OFFSET :offset`,
  )
  const count = database.prepare(`SELECT count(*) AS n FROM articles a JOIN users u ON u.id = a.author ${MATCHING}`)
  const slugTaken = database.prepare('SELECT 1 FROM articles WHERE slug = ?')
  const insert = database.prepare(
    `INSERT INTO articles (slug, title, description, body, author, created_at, updated_at)
     VALUES (:slug, :title, :description, :body, :author, :now, :now)`,
  )
  const update = database.prepare(
    `UPDATE articles SET slug = :slug, title = :title, description = :description, body = :body, updated_at = :now
     WHERE id = :id`,
  )
  const remove = database.prepare('DELETE FROM articles WHERE id = ?')
  const removeTags = database.prepare('DELETE FROM article_tags WHERE article = ?')
  const addTag = database.prepare('INSERT OR IGNORE INTO article_tags (article, tag, position) VALUES (?, ?, ?)')
  const favorite = database.prepare('INSERT OR IGNORE INTO favorites (article, user) VALUES (?, ?)')
  const unfavorite = database.prepare('DELETE FROM favorites WHERE article = ? AND user = ?')
  const tags = database.prepare('SELECT tag FROM article_tags GROUP BY tag ORDER BY count(*) DESC, tag')

  const read = (slug: string, viewer: Viewer): ArticleRow | undefined => {
    const found = bySlug.get({ slug, viewer: viewer?.id ?? null })
    return found === undefined ? undefined : articleOf(found)
  }
  const newSlug = (title: string): string => slugFor(title, (slug) => slugTaken.get(slug) !== undefined)
  const setTags = (article: number | bigint, list: readonly string[]): void => {
    removeTags.run(article)
    for (const [position, tag] of list.entries()) addTag.run(article, tag, position)
  }

  return {
    bySlug: read,
    list: ({ tag, author, favorited, follower, limit, offset }, viewer) => {
      const matching = {
        tag: tag || null,
        author: author || null,
        favorited: favorited || null,
        follower: follower?.id ?? null,
      }
      const page = { ...matching, viewer: viewer?.id ?? null, limit: Math.min(limit, MOST), offset }
      return { articles: list.all(page).map(articleOf), articlesCount: Number(count.get(matching)?.n) }
    },
    insert: (author, { title, description, body, tagList }) =>
      inTransaction(database, () => {
        const slug = newSlug(title)
        const now = new Date().toISOString()
        setTags(insert.run({ slug, title, description, body, author: author.id, now }).lastInsertRowid, tagList)
        return read(slug, author) as ArticleRow
      }),
    update: (article, { title, description, body, tagList }, viewer) =>
      inTransaction(database, () => {
        const slug = title === article.title ? article.slug : newSlug(title)
        // A millisecond is long: an update in the one of the last must still be seen to be later.
        const now = new Date(Math.max(Date.now(), Date.parse(article.updatedAt) + 1)).toISOString()
        update.run({ id: article.id, slug, title, description, body, now })
        setTags(article.id, tagList)
        return read(slug, viewer) as ArticleRow
      }),
    remove: (article) => void remove.run(article.id),
    favorite: (article, user) => void favorite.run(article.id, user.id),
    unfavorite: (article, user) => void unfavorite.run(article.id, user.id),
    tags: () => tags.all().map(({ tag }) => String(tag)),
  }
}

type Row = Record<string, SQLInputValue>

function articleOf(row: Row): ArticleRow {
  return {
    id: row.id as number,
    authorId: row.author_id as number,
    slug: row.slug as string,
    title: row.title as string,
    description: row.description as string,
    body: row.body as string,
    tagList: JSON.parse(row.tags as string),
    createdAt: row.created_at as string,
    updatedAt: row.updated_at as string,
    favorited: row.favorited === 1,
    favoritesCount: row.favorites_count as number,
    author: {
      username: row.username as string,
      bio: row.bio as string | null,
      image: row.image as string | null,
      following: row.following === 1,
    },
  }
}
