import { serve } from 'trestle/node'
import { measured } from './measured.ts'
import { shop } from './trestle-api.ts'

/** On node:http. */
const server = await serve(shop, { port: 0, host: '127.0.0.1', quiet: true, engine: 'node' })
measured(server.port)
