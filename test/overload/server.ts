/** Serves what is measured, in a process of its own: `server.ts <engine> <overload as JSON>`. */
import { serve } from 'trestle/node'
import { overloadedApi } from './api.ts'

const [engine, overload] = process.argv.slice(2)
const refusals: string[] = []
const server = await serve(overloadedApi(), {
  port: 0,
  host: '127.0.0.1',
  quiet: true,
  signals: false,
  engine: engine as 'trestle' | 'node',
  overload: JSON.parse(overload as string),
  report: (error) => refusals.push((error as Error).message),
})
process.send?.({ port: server.port })
process.on('message', () => process.send?.({ usage: process.cpuUsage(), refusals }))
process.on('disconnect', () => process.exit(0))
