import type { EndpointPlan } from '../compile/plan.ts'
import { RouteTable } from '../compile/route-table.ts'
import { addVary } from '../contract/vary.ts'
import { type Versions, unknownVersion } from '../contract/version.ts'
import type { Exchange } from './exchange.ts'
import { match, refuse } from './match.ts'
import type { Answer } from './onion.ts'
import type { Routes } from './pipeline.ts'
import type { Endpoint } from './stages.ts'
import type { WireReply } from './reply.ts'

/** Finds the endpoint of a request, as `match` does, among those of the version that it names. */
export class VersionedRoutes {
  readonly #versions: Versions
  readonly #field: string
  /** What callers of a version see: its own, and what is in all of them. */
  readonly #tables: ReadonlyMap<string, Routes>
  /** Everything; of two for the same requests, the one of the default version, or the first. */
  readonly #all: Routes = new RouteTable()

  constructor(versions: Versions, endpoints: readonly (readonly [EndpointPlan, Endpoint])[]) {
    this.#versions = versions
    this.#field = versions.header.toLowerCase()
    this.#tables = new Map(versions.names.map((name) => [name, new RouteTable()]))
    const isOther = ([, { version }]: (typeof endpoints)[number]): number => Number(version !== versions.default)
    for (const [{ operation }, endpoint] of endpoints.toSorted((one, other) => isOther(one) - isOther(other))) {
      const { method, path } = operation
      this.#all.add(method, path, endpoint)
      for (const [name, table] of this.#tables) {
        if (endpoint.version === undefined || endpoint.version === name) table.add(method, path, endpoint)
      }
    }
  }

  match(x: Exchange): void {
    const { request } = x
    const asked = request.field(this.#field)
    // What browsers ask beforehand names no version: it is told what there is in any.
    if (asked === undefined && request.method === 'OPTIONS') return match(x, this.#all)
    const table = this.#tables.get(asked ?? this.#versions.default)
    if (table !== undefined) return match(x, table)
    if (this.#isInAll(request.path)) return match(x, this.#all)
    refuse(x, unknownVersion(this.#versions), this.#all.near(request.path))
  }

  /** True for what has no versions, such as the probes: there is none to be wrong about. */
  #isInAll(path: string): boolean {
    try {
      const found = this.#all.match(path)
      return found !== undefined && [...found.leaf.methods.values()].every(({ version }) => version === undefined)
    } catch {
      return true // a path that cannot be decoded is told as one
    }
  }

  /** Says in each reply which version it is of, and that others may differ. */
  around(inner: Answer): Answer {
    const { header } = this.#versions
    const end = (x: Exchange, reply: WireReply): WireReply => {
      const { endpoint } = x
      if (endpoint !== undefined && endpoint.version === undefined) return reply
      addVary(reply, header)
      return endpoint?.version === undefined ? reply : reply.set(header, endpoint.version)
    }
    return (x) => {
      const reply = inner(x)
      return reply instanceof Promise ? reply.then((given) => end(x, given)) : end(x, reply)
    }
  }
}
