export { type Fault, StartError } from './compile/start-error.ts'

import { compile } from './compile/plan.ts'
import type { Api } from './contract/api.ts'
import type { Report } from './pipeline/fail.ts'
import { createPipeline } from './pipeline/pipeline.ts'
import { withPlaces } from './projections/places.ts'
import { fetchOf } from './wire/fetch.ts'

export interface FetchOptions {
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
  const report: Report = options.report ?? ((error, about) => console.error(about.request, error))
  const pipeline = createPipeline(await compile(withPlaces(api)), { report })
  await pipeline.start()
  return Object.assign(fetchOf(pipeline, report), { close: pipeline.close })
}
