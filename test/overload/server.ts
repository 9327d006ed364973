/** Serves what is measured, in a process of its own: `server.ts <engine> <overload as JSON> <port of the upstream>`. */
import { serve } from 'trestle/node'
import { overloadedApi } from './api.ts'

const [engine, overload, upstream] = process.argv.slice(2)
const server = await serve(overloadedApi(Number(upstream)), {
  port: 0,
  host: '127.0.0.1',
  quiet: true,
  signals: false,
  engine: engine as 'trestle' | 'node',
  overload: JSON.parse(overload as string),
  report: (error) => process.send?.({ told: (error as Error).message }),
})
process.send?.({ port: server.port })
process.on('disconnect', () => process.exit(0))
