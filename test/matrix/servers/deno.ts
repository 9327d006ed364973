import { toFetch } from 'trestle/fetch'
import { fixture } from '../fixture.ts'

/** The part of Deno that is used here; its own types would need a package of their own. */
declare const Deno: {
  serve(
    options: { port: number; hostname: string; onListen: (address: { port: number }) => void },
    fetch: (request: Request) => Promise<Response>,
  ): unknown
}

// Failures are what the cases ask for: the log would hold nothing else.
const fetch = await toFetch(fixture, { report: () => {} })
Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(`port ${port}`) }, fetch)
