import { type Api, OPTIONS } from './api.ts'
import type { AnyEndpoint, Endpoint, Handler } from './endpoint.ts'
import { type Members, isEndpoint } from './group.ts'

/** A handler for each endpoint of a contract, in the contract's own shape. */
export type Handlers<C> =
  C extends Endpoint<infer P, infer S, infer _R>
    ? Handler<P, S>
    : { readonly [K in keyof C as K extends string ? (IsWhole<C[K]> extends true ? never : K) : never]: Handlers<C[K]> }

/** True for an endpoint that has a handler, such as `batch()`. */
type IsWhole<E> = E extends { readonly is: 'endpoint'; readonly handler: infer H }
  ? unknown extends H
    ? false
    : true
  : false

/**
 * Gives a contract its handlers, so that the contract can live in a file without server code and a
 * front end can import it. Handlers come in the contract's own shape; none may be left out.
 *
 * @throws {TypeError} naming each handler that is missing, not in the contract, or given twice.
 * @example
 * export default implement(contract, { orders: { read: ({ params }) => db.orders.byId(params.id) } })
 */
export function implement<const C extends Api | Members>(contract: C, handlers: Handlers<C>): C {
  const faults: string[] = []
  const members = fill(contract as Members, handlers as Given, '', faults)
  if (faults.length > 0) throw new TypeError(`implement: ${faults.join('; ')}`)
  const options = (contract as Partial<Api>)[OPTIONS]
  return (options === undefined ? members : Object.freeze({ [OPTIONS]: options, ...members })) as C
}

type Given = { readonly [name: string]: unknown }

function fill(members: Members, given: Given, prefix: string, faults: string[]): Members {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(members, name)) faults.push(`${prefix}${name} is not in the contract`)
  }
  const entries = Object.entries(members).map(([name, member]): [string, Members[string]] => {
    const handler = given[name]
    if (!isEndpoint(member)) return [name, fill(member, (handler ?? {}) as Given, `${prefix}${name}.`, faults)]
    if (member.handler !== undefined) {
      if (handler !== undefined) faults.push(`${prefix}${name} has a handler already; remove one of the two`)
      return [name, member]
    }
    if (typeof handler !== 'function') faults.push(`${prefix}${name} (${member.method} ${member.path}) needs a handler`)
    return [name, Object.freeze({ ...member, handler: handler as AnyEndpoint['handler'] })]
  })
  return Object.freeze(Object.fromEntries(entries))
}
