import { randomUUID } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { type Policy, api, created, get, policy, post } from 'trestle'
import { jwt, secretKey } from 'trestle/auth'
import { serve } from 'trestle/node'
import { rateLimit } from 'trestle/policies'
import { Hello, HelloParams, Order, OrderFilter, OrderIn, OrderList, UserParams } from '../schemas.ts'
import { locationOf, ordersOf, place } from '../shop.ts'
import { AUDIENCE, ISSUER, SECRET } from '../token.ts'
import { measured } from './measured.ts'

/**
 * Trestle on its engine with what a public API has around it: a rate limit by principal in memory, bearer tokens (JWT,
 * HS256), and written here, because the package has none of them yet, request ids and an access log in JSON.
 */
const user = jwt({ issuer: ISSUER, audience: AUDIENCE, keys: secretKey(SECRET, 'HS256') })

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
