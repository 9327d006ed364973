import { app } from './hono-api.ts'
import { measured } from './measured.ts'

/** What is used of Bun. */
declare const Bun: {
  serve(options: { fetch: unknown; port: number; hostname: string }): { readonly port: number }
}

/** On Bun's own server. */
measured(Bun.serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }).port)
