import { del, get, group, NotFound, post } from 'trestle'
import { z } from 'zod'
import { notFound } from '../errors.ts'
import { user, viewer } from '../session.ts'
import { type Store, store } from '../store/store.ts'
import type { UserRow } from '../store/users.ts'

export const Profile = z
  .object({ username: z.string(), bio: z.string().nullable(), image: z.string().nullable(), following: z.boolean() })
  .meta({ id: 'Profile' })
export type Profile = z.infer<typeof Profile>

const ProfileResponse = z.object({ profile: Profile }).meta({ id: 'ProfileResponse' })

export const profiles = group(
  '/profiles',
  { tags: ['Profile'] },
  {
    read: get(
      '/{username}',
      {
        operationId: 'GetProfileByUsername',
        summary: 'Get a profile',
        description: 'Get a profile of a user of the system. Auth is optional',
        returns: ProfileResponse,
        throws: [NotFound],
        use: { viewer, store },
      },
      ({ params, viewer, store }) => ({ profile: store.users.profile(named(store, params.username), viewer) }),
    ),
    follow: post(
      '/{username}/follow',
      {
        operationId: 'FollowUserByUsername',
        summary: 'Follow a user',
        description: 'Follow a user by username',
        returns: ProfileResponse,
        throws: [NotFound],
        use: { user, store },
      },
      ({ params, user, store }) => {
        const followed = named(store, params.username)
        store.users.follow(user, followed)
        return { profile: store.users.profile(followed, user) }
      },
    ),
    unfollow: del(
      '/{username}/follow',
      {
        operationId: 'UnfollowUserByUsername',
        summary: 'Unfollow a user',
        description: 'Unfollow a user by username',
        returns: ProfileResponse,
        throws: [NotFound],
        use: { user, store },
      },
      ({ params, user, store }) => {
        const followed = named(store, params.username)
        store.users.unfollow(user, followed)
        return { profile: store.users.profile(followed, user) }
      },
    ),
  },
)

/** @throws NotFound */
function named(store: Store, username: string): UserRow {
  const found = store.users.byUsername(username)
  if (found === undefined) throw notFound('profile')
  return found
}
