/** One of several processes that serve the same API on the same backend. Arguments: the backend, a file for effects. */
import { appendFileSync } from 'node:fs'
import { api, created, get, post } from 'trestle'
import { idempotent, rateLimit } from 'trestle/policies'
import { z } from 'zod'
import { serveForParent } from '../servers/serve-for-parent.ts'

const [backend = 'memory', effects = ''] = process.argv.slice(2)
const Order = z.object({ round: z.string(), by: z.int() })
const policies = [rateLimit('500/day', { name: 'all', by: () => 'everybody', whenAway: 'closed' })]

const app = api({
  create: post(
    '/orders',
    {
      body: Order.pick({ round: true }),
      returns: created(Order, { location: () => '/orders/1' }),
      policies: [idempotent()],
    },
    async ({ body }) => {
      appendFileSync(effects, `${body.round}\n`)
      await new Promise((resolve) => setTimeout(resolve, 5))
      return { ...body, by: process.pid }
    },
  ),
  hang: post('/hang', { body: Order.pick({ round: true }), policies: [idempotent({ lease: 1 })] }, async ({ body }) => {
    appendFileSync(effects, `${body.round}\n`)
    await new Promise(() => {})
  }),
  limited: get('/limited', { policies }, () => 'let through'),
})

await serveForParent(app, { backend })
