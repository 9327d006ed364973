import type { Overrides } from './compile/dependency-order.ts'
import { compile } from './compile/plan.ts'
import type { Api } from './contract/api.ts'
import { type Dependency, depends } from './contract/depends.ts'
import type { Report } from './pipeline/fail.ts'
import { createPipeline } from './pipeline/pipeline.ts'
import type { Client } from './projections/client/call.ts'
import { createClient } from './projections/client/create-client.ts'
import { withPlaces } from './projections/places.ts'
import { fetchOf } from './wire/fetch.ts'

export interface TestOptions {
  /** Pairs: a dependency, and what handlers get in its place: another dependency, or a value. */
  readonly override?: readonly (readonly [replaced: Dependency, by: unknown])[]
}

/** An API in this process, on the path that real requests take: from the pipeline's front door to the last byte. */
export interface TestClient<A> {
  /** The typed client. */
  readonly client: Client<A>
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
export async function createTestClient<A extends Api>(api: A, options: TestOptions = {}): Promise<TestClient<A>> {
  const failures: unknown[] = []
  const report: Report = (error) => failures.push(error)
  const overrides: Overrides = new Map((options.override ?? []).map(([replaced, by]) => [replaced, standIn(by)]))
  const pipeline = createPipeline(await compile(withPlaces(api), { overrides }), { report })
  const handle = fetchOf(pipeline, report)
  const fetch = (path: string, init?: RequestInit): Promise<Response> => handle(new Request(new URL(path, ORIGIN), init))
  return {
    client: createClient<A>(ORIGIN, { contract: api, fetch: handle }),
    fetch,
    failures,
    close: pipeline.close,
  }
}

const ORIGIN = 'http://test.invalid'

function standIn(by: unknown): Dependency {
  const given = by as Partial<Dependency> | null
  return typeof given === 'object' && given?.is === 'dependency' ? (given as Dependency) : depends({}, () => by, { scope: 'app' })
}
