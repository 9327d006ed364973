export { type Fault, StartError } from './compile/start-error.ts'

import { overridesOf } from './compile/dependency-order.ts'
import { compile } from './compile/plan.ts'
import { bindPorts } from './compile/ports.ts'
import type { Api } from './contract/api.ts'
import type { Backend } from './contract/port.ts'
import { type Report, toConsole } from './pipeline/fail.ts'
import { createPipeline } from './pipeline/pipeline.ts'
import { withPlaces } from './projections/places.ts'
import { fetchOf } from './wire/fetch.ts'

export interface FetchOptions {
  /** Where policies keep their state: `memory` unless told, `sqlite:state.db`, `postgres://…`, `redis://…`, or your own. */
  readonly backend?: string | Backend
  /** Where internal failures are told; `console.error` unless told. */
  readonly report?: Report
}

/** An API as `(request) => response`, and a way to close what it opened. */
export interface FetchHandler {
  (request: Request): Promise<Response>
  /** Waits for background work, then releases what lives as long as the process. */
  readonly close: () => Promise<void>
}

/**
 * Makes an API a function of the Fetch standard, for Bun, Deno, edge runtimes and programs that have a
 * server already.
 *
 * @throws {StartError} with every fault in the API's declaration.
 * @example
 * export default { fetch: await toFetch(shop) }
 */
export async function toFetch(api: Api, options: FetchOptions = {}): Promise<FetchHandler> {
  const report: Report = options.report ?? toConsole
  const { backend = 'memory' } = options
  const ports = await bindPorts(api, backend, async (setting) =>
    (await import('./backends/open.ts')).openBackend(setting),
  )
  const overrides = overridesOf(ports)
  const pipeline = createPipeline(await compile(withPlaces(api), { overrides }), { report })
  await pipeline.start()
  return Object.assign(fetchOf(pipeline, report), { close: pipeline.close })
}
