export { type Fault, StartError } from './compile/start-error.ts'
export {
  type QueryWatch,
  type QueryWatchOptions,
  RepeatedQueries,
  type RepeatedQuery,
  queryWatch,
} from './observe/query-watch.ts'

import { compile } from './compile/plan.ts'
import { bindPorts } from './compile/ports.ts'
import type { Api } from './contract/api.ts'
import type { Backend } from './contract/port.ts'
import { type OverrideList, overridesOf } from './compile/dependency-order.ts'
import type { QueryWatch } from './observe/query-watch.ts'
import type { Report } from './pipeline/fail.ts'
import { createPipeline } from './pipeline/pipeline.ts'
import type { Client } from './projections/client/call.ts'
import { createClient } from './projections/client/create-client.ts'
import { withPlaces } from './projections/places.ts'
import { fetchOf } from './wire/fetch.ts'

export interface TestOptions<Values extends readonly unknown[]> {
  /** Where policies keep their state: `memory` unless told. */
  readonly backend?: string | Backend
  /** Pairs: a dependency, and what handlers get in its place: another dependency, or a value. */
  readonly override?: OverrideList<Values>
  /** Has each request run under this watch: a call that reads row by row is rejected with `RepeatedQueries`. */
  readonly watch?: QueryWatch
}

/** An API in this process, on the path that real requests take: from the pipeline's front door to the last byte. */
export interface TestClient<A> {
  /** The typed client. */
  readonly client: Client<A>
  /** The typed client of a caller who sends these header fields with each call: `as({ authorization })`. */
  readonly as: (headers: HeadersInit) => Client<A>
  /** A raw request: `fetch('/orders', { method: 'POST', body })`. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
  /** Internal failures so far, which replies say nothing of. */
  readonly failures: readonly unknown[]
  /** Releases what the API opened. */
  readonly close: () => Promise<void>
}

/**
 * Runs an API in this process for tests, with dependencies replaced where you ask for it.
 *
 * @throws {StartError} with every fault in the API's declaration.
 * @example
 * const test = await createTestClient(shop, { override: [[db, await openTestShop()]] })
 * const order = await test.client.orders.create({ body: { customer_id: 1, items: [{ sku: 'tea', qty: 1 }] } })
 * await test.close()
 */
export async function createTestClient<A extends Api, const Values extends readonly unknown[] = []>(
  api: A,
  options: TestOptions<Values> = {},
): Promise<TestClient<A>> {
  const failures: unknown[] = []
  const report: Report = (error) => failures.push(error)
  const { backend = 'memory' } = options
  const ports = await bindPorts(api, backend, async (setting) =>
    (await import('./backends/open.ts')).openBackend(setting),
  )
  const given = (options.override ?? []) as NonNullable<Parameters<typeof overridesOf>[0]>
  const overrides = overridesOf([...ports, ...given])
  const pipeline = createPipeline(await compile(withPlaces(api), { overrides }), { report })
  await pipeline.start()
  const handle = watched(fetchOf(pipeline, report), options.watch)
  const fetch = (path: string, init?: RequestInit): Promise<Response> =>
    handle(new Request(new URL(path, ORIGIN), init))
  const as = (headers: HeadersInit): Client<A> => createClient<A>(ORIGIN, { contract: api, fetch: handle, headers })
  return {
    client: as({}),
    as,
    fetch,
    failures,
    close: pipeline.close,
  }
}

type Handle = (request: Request) => Promise<Response>

function watched(handle: Handle, watch: QueryWatch | undefined): Handle {
  if (watch === undefined) return handle
  return (request) => watch.run(`${request.method} ${request.url.slice(ORIGIN.length)}`, () => handle(request))
}

const ORIGIN = 'http://test.invalid'
