/** One of several processes that limit together: `server.ts <backend> <limits by strategy as JSON>`. */
import { api, get } from 'trestle'
import { rateLimit } from 'trestle/policies'
import type { RateLimit, RateStrategy } from 'trestle/policies'
import { reportToParent, serveForParent } from '../servers/serve-for-parent.ts'

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

await serveForParent(api({ ...Object.fromEntries(limited), warm }), { backend, report: reportToParent })
