import { serve } from 'trestle/node'
import { measured } from './measured.ts'
import { shop } from './trestle-api.ts'

/** On Trestle's own engine. */
const server = await serve(shop, { port: 0, host: '127.0.0.1', quiet: true })
measured(server.port)
