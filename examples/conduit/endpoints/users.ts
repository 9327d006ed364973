import { created, get, group, post, put, Unauthorized } from 'trestle'
import { z } from 'zod'
import { taken, unauthorized } from '../errors.ts'
import { hashPassword, isPassword } from '../passwords.ts'
import { user } from '../session.ts'
import { store } from '../store/store.ts'
import type { UserRow } from '../store/users.ts'
import { type Tokens, tokens } from '../tokens.ts'
import { email, line, password } from './text.ts'

const LoginUser = z.object({ email: line, password }).meta({ id: 'LoginUser' })
const LoginUserRequest = z.object({ user: LoginUser }).meta({ id: 'LoginUserRequest' })

const NewUser = z.object({ username: line, email, password }).meta({ id: 'NewUser' })
const NewUserRequest = z.object({ user: NewUser }).meta({ id: 'NewUserRequest' })

const UpdateUser = z
  .object({
    email: email.exactOptional(),
    password: password.exactOptional(),
    username: line.exactOptional(),
    bio: z.string().nullable().exactOptional(),
    image: z.string().nullable().exactOptional(),
  })
  .refine((fields) => Object.keys(fields).length > 0, 'At least one field is required')
  .meta({ id: 'UpdateUser' })
const UpdateUserRequest = z.object({ user: UpdateUser }).meta({ id: 'UpdateUserRequest' })

const User = z
  .object({
    email: z.string(),
    token: z.string(),
    username: z.string(),
    bio: z.string().nullable(),
    image: z.string().nullable(),
  })
  .meta({ id: 'User' })
const UserResponse = z.object({ user: User }).meta({ id: 'UserResponse' })

const tags = ['User and Authentication']

export const users = group(
  '/users',
  { tags },
  {
    login: post(
      '/login',
      {
        operationId: 'Login',
        summary: 'Existing user login',
        description: 'Login for existing user',
        body: LoginUserRequest,
        returns: UserResponse,
        throws: [Unauthorized],
        use: { store, tokens },
      },
      async ({ body, store, tokens }) => {
        const found = store.users.byEmail(body.user.email)
        if (!(await isPassword(body.user.password, found?.password)) || found === undefined) {
          throw unauthorized('email or password: is invalid')
        }
        return respond(found, tokens)
      },
    ),
    create: post(
      '/',
      {
        operationId: 'CreateUser',
        summary: 'Register',
        description: 'Register a new user',
        body: NewUserRequest,
        returns: created(UserResponse),
        use: { store, tokens },
      },
      async ({ body, store, tokens }) => {
        const hash = await hashPassword(body.user.password)
        const inUse = store.users.taken(body.user)
        if (inUse.length > 0) throw taken(inUse)
        return respond(store.users.insert({ ...body.user, password: hash, bio: null, image: null }), tokens)
      },
    ),
  },
)

export const currentUser = group(
  '/user',
  { tags },
  {
    read: get(
      '/',
      {
        operationId: 'GetCurrentUser',
        summary: 'Get current user',
        description: 'Gets the currently logged-in user',
        returns: UserResponse,
        use: { user, tokens },
      },
      ({ user, tokens }) => respond(user, tokens),
    ),
    update: put(
      '/',
      {
        operationId: 'UpdateCurrentUser',
        summary: 'Update current user',
        description: 'Updated user information for current user',
        body: UpdateUserRequest,
        returns: UserResponse,
        use: { user, store, tokens },
      },
      async ({ body, user, store, tokens }) => {
        const { password, ...given } = body.user
        const hash = password === undefined ? user.password : await hashPassword(password)
        const fields = { ...user, ...given, password: hash }
        const inUse = store.users.taken(fields, user.id)
        if (inUse.length > 0) throw taken(inUse)
        // A field that was emptied is a field without a value.
        return respond(
          store.users.update(user.id, { ...fields, bio: fields.bio || null, image: fields.image || null }),
          tokens,
        )
      },
    ),
  },
)

async function respond(user: UserRow, tokens: Tokens): Promise<z.infer<typeof UserResponse>> {
  return { user: { ...user, token: await tokens.issue(user.id) } }
}
