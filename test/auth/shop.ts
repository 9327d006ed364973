import { api, get, group, post } from 'trestle'
import { type Account, type LoginOptions, logins, passwords } from 'trestle/auth'

interface User extends Account {
  readonly name: string
  readonly hash: string
}

/** Accounts, each with its hash. */
export type Users = Map<string, User>

/** An API with a login group and what it lets in. */
export function shopOf(users: Users, options: Partial<LoginOptions<Record<never, never>>> = {}) {
  const {
    token,
    endpoints,
    logins: manager,
  } = logins(
    { passwords },
    {
      issuer: 'https://shop.example',
      key: 'a key of the tests, long enough for HS256',
      verify: async ({ username, password }, { passwords }) => {
        const found = [...users.values()].find(({ name }) => name === username)
        return (await passwords.verify(found?.hash, password)) ? found : undefined
      },
      find: (id) => users.get(id),
      ...options,
    },
  )
  return api({
    auth: group('/auth', endpoints),
    me: get('/me', { use: { token } }, ({ token }) => token),
    order: post('/orders', { use: { token: token.scopes('orders:write') } }, ({ token }) => token.id),
    everywhere: post('/everywhere', { use: { token, manager } }, ({ token, manager }) => manager.endAll(token.id)),
  })
}
