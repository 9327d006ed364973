import { toFetch } from 'trestle/fetch'
import { fixture } from '../fixture.ts'

/** The part of Bun that is used here; its own types would need a package of their own. */
declare const Bun: {
  serve(options: { port: number; hostname: string; fetch: (request: Request) => Promise<Response> }): { port: number }
}

// Failures are what the cases ask for: the log would hold nothing else.
const fetch = await toFetch(fixture, { report: () => {} })
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch })
console.log(`port ${server.port}`)
