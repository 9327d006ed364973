import { depends } from 'trestle'
import { anyOf, apiKeys, logins, passwords } from 'trestle/auth'
import { config } from './settings.ts'
import { store } from './store.ts'

/** People log in: customers by their address, staff by their name. */
const {
  token,
  endpoints,
  logins: sessions,
} = logins(
  { store, passwords },
  {
    issuer: 'https://shop.example',
    key: depends({ config }, ({ config }) => config.loginKey, { scope: 'app' }),
    accessLifetime: 900,
    verify: async ({ username, password }, { store, passwords }) => {
      const account = await store.accounts.named(username)
      return (await passwords.verify(account?.password_hash, password)) ? account : undefined
    },
    find: (id, { store }) => store.accounts.find(id),
  },
)

/** Programs of customers show a key. */
const { key, keys } = apiKeys({ prefix: 'shop' })

/** What callers show. */
export const shown = anyOf({ token, key })

export { endpoints, keys, sessions }
