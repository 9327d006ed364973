import type { DatabaseSync } from 'node:sqlite'
import type { Profile } from '../endpoints/profiles.ts'

/** A user as the table has it. */
export interface UserRow {
  readonly id: number
  readonly username: string
  readonly email: string
  /** What `hashPassword` made of it. */
  readonly password: string
  readonly bio: string | null
  readonly image: string | null
}

/** What of a user can be written. */
export type UserFields = Omit<UserRow, 'id'>

/** Users, and who follows whom. */
export interface Users {
  byId(id: number): UserRow | undefined
  byEmail(email: string): UserRow | undefined
  byUsername(username: string): UserRow | undefined
  /** Which of these somebody else has. */
  taken(fields: Pick<UserFields, 'email' | 'username'>, own?: number): ('email' | 'username')[]
  insert(fields: UserFields): UserRow
  update(id: number, fields: UserFields): UserRow
  /** A user as another, or nobody, sees them. */
  profile(user: UserRow, viewer: UserRow | undefined): Profile
  follow(follower: UserRow, followed: UserRow): void
  unfollow(follower: UserRow, followed: UserRow): void
}

export function createUsers(database: DatabaseSync): Users {
  const byId = database.prepare('SELECT * FROM users WHERE id = ?')
  const byEmail = database.prepare('SELECT * FROM users WHERE email = ?')
  const byUsername = database.prepare('SELECT * FROM users WHERE username = ?')
  const insert = database.prepare(
    `INSERT INTO users (username, email, password, bio, image)
     VALUES (:username, :email, :password, :bio, :image) RETURNING *`,
  )
  const update = database.prepare(
    `UPDATE users SET username = :username, email = :email, password = :password, bio = :bio, image = :image
     WHERE id = :id RETURNING *`,
  )
  const follows = database.prepare('SELECT 1 FROM follows WHERE follower = ? AND followed = ?')
  const follow = database.prepare('INSERT OR IGNORE INTO follows (follower, followed) VALUES (?, ?)')
  const unfollow = database.prepare('DELETE FROM follows WHERE follower = ? AND followed = ?')
  const row = (found: unknown): UserRow | undefined => found as UserRow | undefined

  return {
    byId: (id) => row(byId.get(id)),
    byEmail: (email) => row(byEmail.get(email)),
    byUsername: (username) => row(byUsername.get(username)),
    taken: ({ email, username }, own) => {
      const other = (found: unknown): boolean => found !== undefined && row(found)?.id !== own
      return [
        ...(other(byEmail.get(email)) ? (['email'] as const) : []),
        ...(other(byUsername.get(username)) ? (['username'] as const) : []),
      ]
    },
    insert: (fields) => row(insert.get({ ...fields })) as UserRow,
    update: (id, fields) => row(update.get({ id, ...fields })) as UserRow,
    profile: (user, viewer) => ({
      username: user.username,
      bio: user.bio,
      image: user.image,
      following: viewer !== undefined && follows.get(viewer.id, user.id) !== undefined,
    }),
    follow: (follower, followed) => void follow.run(follower.id, followed.id),
    unfollow: (follower, followed) => void unfollow.run(follower.id, followed.id),
  }
}
