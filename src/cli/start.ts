import { serve } from '../node.ts'
import { loadApi } from './load-api.ts'
import type { CommandOptions } from './main.ts'

/** Serves an API until SIGTERM or SIGINT. NODE_ENV is `production` unless it is set. */
export async function start(file: string, { port, host }: CommandOptions): Promise<void> {
  process.env.NODE_ENV ??= 'production'
  await serve(await loadApi(file), { ...(port === undefined ? {} : { port }), ...(host === undefined ? {} : { host }) })
}
