import type { z } from 'zod'
import { createClient } from '../../src/client.ts'
import { type CursorPage, api, get, group, implement, mount } from '../../src/index.ts'
import type { Order, shop } from './shop.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Result<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>
function same<A, B>(..._: Same<A, B> extends true ? [] : [differs: A, from: B]): void {}

type Ordered = z.infer<typeof Order>
const client = createClient<typeof shop>('http://local')

// What arrives.
same<Result<typeof client.orders.create>, Ordered>()
same<Result<typeof client.orders.read>, Ordered>()
same<Result<typeof client.orders.remove>, undefined>()
same<Result<typeof client.orders.list>, CursorPage<Ordered>>()
same<Result<typeof client.gone>, undefined>()
same<Result<typeof client.contents.text>, string>()
same<Result<typeof client.contents.bytes>, Uint8Array>()
same<Result<typeof client.contents.stream>, ReadableStream<Uint8Array>>()
same<Result<typeof client.contents.file>, Blob>()
same<Result<typeof client.either>, Ordered | string>()
same<Result<typeof client.stated>, { queued: boolean }>()
same<
  Result<typeof client.hello>,
  { hello: string; at: string; maybe?: number; list: (number | null)[]; nested: { price: string } }
>()

// The whole reply is told apart by its status.
const whole = await client.either.reply({ query: { fresh: true }, headers: { 'x-tenant': 'a' } })
if (whole.status === 201) same<typeof whole.body, Ordered>()
else same<typeof whole.body, string>()
same<typeof whole.status, 200 | 201>()
same<typeof whole.headers, Headers>()

// Groups in groups, APIs mounted in others, contracts that are implemented elsewhere.
const contract = api({ v1: group('/v1', { ping: get('/ping', {}), deep: { pong: get('/pong', () => 'pong') } }) })
const all = api({
  shop: mount('/shop', implement(contract, { v1: { ping: () => 1, deep: { pong: () => '' } } } as never)),
})
const mounted = createClient('http://local', { contract: all })
same<Result<typeof mounted.shop.v1.deep.pong>, string>()
same<Result<typeof mounted.shop.v1.ping>, unknown>()

// Pages and items, only where the reply is a page.
for await (const page of client.orders.list.pages()) same<typeof page, CursorPage<Ordered>>()
for await (const order of client.orders.list.items({ query: { status: 'open' } })) same<typeof order, Ordered>()
// @ts-expect-error a reply that is no page has no pages
client.orders.read.pages

// What is sent: nothing required, nothing to write.
client.orders.list()
client.orders.list({ query: { limit: 10, status: 'paid' } }, { signal: AbortSignal.timeout(1000) })
client.orders.create({ body: { qty: 1 } })
client.orders.items({ params: { id: '1' } })
client.contents.form({ body: { name: 'a', tags: [] } })
client.search()
client.files({ params: { path: 'a/b' } })
client.either({ query: { fresh: true }, headers: { 'x-tenant': 'a' }, cookies: { session: '1' } })

// @ts-expect-error the body is needed
client.orders.create()
// @ts-expect-error the body is needed
client.orders.create({})
// @ts-expect-error a field has the wrong type
client.orders.create({ body: { qty: '1' } })
// @ts-expect-error a field that the schema does not have
client.orders.create({ body: { qty: 1, colour: 'red' } })
// @ts-expect-error a part that the endpoint does not have
client.orders.read({ params: { id: '1' }, query: {} })
// @ts-expect-error a parameter of another name
client.orders.remove({ params: { name: '1' } })
// @ts-expect-error a value that the query does not take
client.orders.list({ query: { status: 'lost' } })
// @ts-expect-error an endpoint that the API does not have
client.orders.drop
// @ts-expect-error a bigint has no JSON form
;(await client.big()).big satisfies string
// @ts-expect-error the API must be named: createClient<typeof shop>(url)
createClient('http://local').orders
