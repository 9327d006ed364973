/** One of several processes that limit together: `server.ts <backend> <limits by strategy as JSON>`. */
import { api, get } from 'trestle'
import { serve } from 'trestle/node'
import { rateLimit } from 'trestle/policies'
import type { RateLimit, RateStrategy } from 'trestle/policies'

const [backend = 'memory', limits = '{}'] = process.argv.slice(2)
const by = (): string => 'everybody'
const limited = Object.entries(JSON.parse(limits) as Record<RateStrategy, RateLimit>).map(([strategy, limit]) => [
  strategy,
  get(
    `/${strategy}`,
    { policies: [rateLimit(limit, { strategy: strategy as RateStrategy, by, whenAway: 'closed' })] },
    () => 'let through',
  ),
])

// What is compiled late, and connected late, is before a limit is reached.
const warm = get('/warm', { policies: [rateLimit('1000000000/hour', { by, whenAway: 'closed' })] }, () => 'let through')

const server = await serve(api({ ...Object.fromEntries(limited), warm }), {
  port: 0,
  host: '127.0.0.1',
  quiet: true,
  backend,
  overload: false,
  report: (error) => process.connected && process.send?.({ told: String(error) }),
})
process.on('disconnect', () => void server.stop().then(() => process.exit()))
process.send?.({ port: server.port })
