import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { type Policy, Unauthorized, api, created, depends, get, policy, post } from 'trestle'
import { serve } from 'trestle/node'
import { rateLimit } from 'trestle/policies'
import { Hello, HelloParams, Order, OrderFilter, OrderIn, OrderList, UserParams } from '../schemas.ts'
import { locationOf, ordersOf, place } from '../shop.ts'
import { SECRET } from '../token.ts'
import { measured } from './measured.ts'

/**
 * Trestle on its engine with what a public API has around it: a rate limit by principal in memory, and written here,
 * because the package has none of them yet, bearer tokens (JWT, HS256), request ids and an access log in JSON.
 */
interface Principal {
  readonly sub: string
  readonly exp: number
}

/** Tokens that were verified, until they expire: the same caller comes with the same token. */
const verified = new Map<string, Principal>()

function verify(token: string): Principal {
  const known = verified.get(token)
  if (known !== undefined && known.exp * 1000 > Date.now()) return known
  const [head, body, signature] = token.split('.') as [string, string, string]
  const expected = createHmac('sha256', SECRET).update(`${head}.${body}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw Unauthorized()
  const principal = JSON.parse(Buffer.from(body, 'base64url').toString()) as Principal
  if (!(principal.exp * 1000 > Date.now())) throw Unauthorized()
  if (verified.size > 10_000) verified.clear()
  verified.set(token, principal)
  return principal
}

function principalOf(authorization: string | undefined): Principal {
  if (!authorization?.startsWith('Bearer ')) throw Unauthorized({ headers: { 'www-authenticate': 'Bearer' } })
  return verify(authorization.slice('Bearer '.length))
}

const user = depends({}, ({ request }) => principalOf(request.header('authorization')), {
  throws: [Unauthorized],
  security: {
    name: 'bearer',
    scheme: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    principal: ({ sub }: Principal) => sub,
  },
})

/** A million requests a second for each principal, so that none is refused, but all are counted. */
const limited: Policy = rateLimit('1000000/second', { name: 'bench' })

const requestId: Policy = policy('request-id', { replyHeaders: { 'X-Request-Id': { type: 'string' } } }, () => ({
  encode: ({ request }, reply) => {
    reply.set('x-request-id', request.header('x-request-id') ?? randomUUID())
    return undefined
  },
}))

const accessLog: Policy = policy('access-log', {}, ({ operation }) => {
  const out = openSync('/dev/null', 'w')
  let lines = ''
  return {
    record: ({ request }, reply) => {
      const id = reply.header('x-request-id')
      const { method, path } = request
      lines += `${JSON.stringify({ time: Date.now(), operation, method, path, status: reply.status, id })}\n`
      if (lines.length < 16_384) return
      writeSync(out, lines)
      lines = ''
    },
  }
})

const around = { use: { user }, policies: [limited, requestId, accessLog] }

const shop = api({
  hello: get('/hello/{name}', { ...around, params: HelloParams, returns: Hello }, ({ params }) => ({
    hello: params.name,
  })),

  list: get(
    '/users/{id}/orders',
    { ...around, params: UserParams, query: OrderFilter, returns: OrderList },
    ({ params, query }) => ordersOf(params.id, query),
  ),

  create: post('/orders', { ...around, body: OrderIn, returns: created(Order, { location: locationOf }) }, ({ body }) =>
    place(body),
  ),
})

const server = await serve(shop, { port: 0, host: '127.0.0.1', quiet: true })
measured(server.port)
