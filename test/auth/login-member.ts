/** One of several processes that serve the same logins. Arguments: the backend, the hash of ada's password. */
import { serveForParent } from '../servers/serve-for-parent.ts'
import { shopOf } from './shop.ts'

const [backend = 'memory', hash = ''] = process.argv.slice(2)
const shop = shopOf(new Map([['ada', { id: 'ada', name: 'ada', hash }]]), {
  perAddress: '1000/minute',
  perName: '1000/minute',
})

const reused: unknown[] = []
const report = (error: unknown): void => {
  if ((error as Error).name === 'RefreshTokenReused') reused.push(error)
  else console.error(error)
}
process.on('message', () => process.send?.({ reused: reused.length }))
await serveForParent(shop, { backend, report })
