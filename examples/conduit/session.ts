import { depends, Unauthorized } from 'trestle'
import { unauthorized } from './errors.ts'
import { store } from './store/store.ts'
import type { UserRow } from './store/users.ts'
import { tokens } from './tokens.ts'

const name = 'Token'
const scheme = {
  type: 'apiKey',
  in: 'header',
  name: 'Authorization',
  description:
    'The token that registering or logging in gives, after the word "Token":\n\n    Token xxxxxx.yyyyyyy.zzzzzz\n',
}

/** Who is calling, where the caller says so. A token that is wrong is refused all the same. */
export const viewer = depends(
  { store, tokens },
  async ({ request, store, tokens }): Promise<UserRow | undefined> => {
    const header = request.header('authorization')
    if (header === undefined) return undefined
    const token = /^Token +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header)?.[1]
    const id = token === undefined ? undefined : await tokens.read(token)
    const user = id === undefined ? undefined : store.users.byId(id)
    if (user === undefined) throw unauthorized('token: is not valid')
    return user
  },
  { name: 'viewer', security: { name, scheme, optional: true }, throws: [Unauthorized] },
)

/** Who is calling; nobody is refused. */
export const user = depends(
  { viewer },
  ({ viewer }): UserRow => {
    if (viewer === undefined) throw unauthorized('token: is missing')
    return viewer
  },
  { name: 'user', security: { name, scheme } },
)
