import { Forbidden, NotFound, created, del, get, group, noContent, post, reply } from 'trestle'
import type { ApiKey } from 'trestle/auth'
import { z } from 'zod'
import { caller, may } from './caller.ts'
import { customerFor } from './customers.ts'
import { accountOf, customerOf, keyScopes } from './database/accounts.ts'
import { CustomerId, Text } from './fields.ts'
import { keys } from './login.ts'
import { store } from './store.ts'

const DAY = 86_400

export const KeyIn = z
  .object({
    name: Text(100),
    scopes: z.array(z.enum(keyScopes)).min(1).max(keyScopes.length),
    days: z.int().min(1).max(3650).optional().describe('For how long it holds; until it is revoked unless told'),
    customer_id: CustomerId.optional().describe('Whose it is: the caller, unless staff say whose'),
  })
  .meta({ id: 'KeyIn', examples: [{ name: 'Stock control', scopes: ['orders:read', 'orders:write'], days: 365 }] })

/** ISO 8601 on the wire, `Date` in handlers. */
const Timestamp = z.codec(z.iso.datetime(), z.date().min(new Date('1970-01-01')), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
})

export const Key = z
  .object({
    id: z.string(),
    name: z.string(),
    customer_id: CustomerId.nullable(),
    scopes: z.array(z.string()),
    created_at: Timestamp,
    last_used_at: Timestamp.nullable(),
    expires_at: Timestamp.nullable(),
  })
  .meta({ id: 'Key' })

/** The one reply that has the key itself. */
export const NewKey = Key.extend({ key: z.string().describe('Sent as X-API-Key. Shown this once.') }).meta({
  id: 'NewKey',
})

const params = z.object({
  id: z.string().regex(/^[0-9A-Za-z]{16}$/, 'Must be what stands between the underscores of a key'),
})
const use = { keys, caller: caller('keys:write') }

const about = { description: 'Keys of partners, whose programs order by themselves.' }

/** No key has the scope `keys:write`: a key that leaks makes no others. */
export const keyring = group('/keys', about, {
  list: get('/', { summary: 'List keys', returns: z.array(Key), use }, async ({ keys, caller }) =>
    (await keys.list(caller.isStaff ? undefined : accountOf(caller.customerId))).map(toKey),
  ),

  create: post(
    '/',
    {
      summary: 'Make a key',
      body: KeyIn,
      returns: created(NewKey, { headers: z.object({ 'cache-control': z.string() }) }),
      throws: [Forbidden],
      use: { ...use, store },
    },
    async ({ body: { name, scopes, days, ...body }, keys, caller, store }) => {
      const customer = await customerFor(caller, body.customer_id, store)
      const lifetime = days === undefined ? {} : { lifetime: days * DAY }
      const { text, ...made } = await keys.create({ name, scopes, owner: accountOf(customer), ...lifetime })
      return reply(201, { ...toKey(made), key: text }, { 'cache-control': 'no-store' })
    },
  ),

  read: get(
    '/{id}',
    { summary: 'Read a key', params, returns: Key, throws: [NotFound], use },
    async ({ params, keys, caller }) => toKey(may.check('key', caller, await keys.find(params.id))),
  ),

  revoke: del(
    '/{id}',
    {
      summary: 'Revoke a key',
      description: 'From the next request on it is refused.',
      params,
      returns: noContent(),
      throws: [NotFound],
      use,
    },
    async ({ params, keys, caller }) => {
      may.check('key', caller, await keys.find(params.id))
      await keys.revoke(params.id)
    },
  ),
})

/** What leaves: a key without its secret. */
function toKey({ id, name, owner, scopes, ...times }: ApiKey): z.output<typeof Key> {
  const date = (time: number | undefined): Date | null => (time === undefined ? null : new Date(time))
  return {
    id,
    name,
    customer_id: customerOf(owner) ?? null,
    scopes: [...scopes],
    created_at: new Date(times.createdAt),
    last_used_at: date(times.lastUsedAt),
    expires_at: date(times.expiresAt),
  }
}
