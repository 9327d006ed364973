import type { Api } from 'trestle'
import { type ServeOptions, serve } from 'trestle/node'

/**
 * Serves an API for the process that started this one: tells it the port, and ends with it. Overload is for others to
 * test: a machine that has other work as well would refuse some.
 */
export async function serveForParent(api: Api, options: Pick<ServeOptions, 'backend' | 'report'>): Promise<void> {
  const server = await serve(api, { port: 0, host: '127.0.0.1', quiet: true, overload: false, ...options })
  process.on('disconnect', () => void server.stop().then(() => process.exit()))
  process.send?.({ port: server.port })
}

/** Tells it of failures, as texts. */
export function reportToParent(error: unknown): void {
  if (process.connected) process.send?.({ told: String(error) })
}
