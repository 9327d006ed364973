/** Serves what faults are done to, in a process of its own: `server.ts <backend> <database of orders>`. */
import { serve } from 'trestle/node'
import { faultsApi } from './api.ts'

const [backend = 'memory', database = ''] = process.argv.slice(2)
const server = await serve(faultsApi(database), {
  port: 0,
  host: '127.0.0.1',
  quiet: true,
  backend,
  // A machine that has other work as well refuses by itself, and that is not what is looked at here.
  overload: false,
  report: (error) => process.connected && process.send?.({ told: String(error) }),
})
process.on('disconnect', () => void server.stop().then(() => process.exit()))
process.send?.({ port: server.port })
