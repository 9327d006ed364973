import { serve } from '@hono/node-server'
import { app } from './hono-api.ts'
import { measured } from './measured.ts'

/** On node:http. */
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => measured(server.address()))
