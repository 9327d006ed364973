/** One of several processes that serve the same logins. Arguments: the backend, the hash of ada's password. */
import { serve } from 'trestle/node'
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
const server = await serve(shop, { port: 0, host: '127.0.0.1', quiet: true, backend, report })
process.on('disconnect', () => void server.stop().then(() => process.exit()))
process.on('message', () => process.send?.({ reused: reused.length }))
process.send?.({ port: server.port })
