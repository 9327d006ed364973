import { type Leaf, UndecodablePath } from '../compile/route-table.ts'
import { BadRequest, MethodNotAllowed, NotFound, NotImplemented } from '../contract/problems.ts'
import type { Exchange } from './exchange.ts'
import type { Routes } from './pipeline.ts'
import { WireReply } from './reply.ts'
import type { Endpoint } from './stages.ts'

/** Methods that are known, so that one a path does not have is 405 and any other 501 (RFC 9110 §15.6.2). */
const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'TRACE', 'CONNECT'])

/**
 * Stage 2. Finds the endpoint: of all paths that fit, the first that has the method. HEAD is answered by GET;
 * OPTIONS says what the path has, where no endpoint of its own does (RFC 9110 §9.3.7).
 *
 * @throws NotFound, MethodNotAllowed, NotImplemented, BadRequest
 */
export function match(x: Exchange, routes: Routes): void {
  const { method, path } = x.request
  let passed: Set<Leaf<Endpoint>> | undefined
  for (let found = find(routes, path); found !== undefined; found = find(routes, path, passed)) {
    const { methods } = found.leaf
    const endpoint = methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined)
    if (endpoint !== undefined) {
      x.endpoint = endpoint
      x.pathValues = found.values
      return
    }
    passed ??= new Set()
    passed.add(found.leaf)
  }
  if (!KNOWN.has(method)) throw NotImplemented()
  if (passed === undefined) {
    // Its target is an authority, no path: there is no tunnel here (RFC 9110 §9.3.6).
    if (method === 'CONNECT') throw MethodNotAllowed({ headers: { allow: '' } })
    if (method !== 'OPTIONS' || path !== '*') throw NotFound()
    x.reply = new WireReply(204, undefined, [])
    return
  }
  const allow = allowed([...passed].flatMap(({ methods }) => [...methods.keys()]))
  if (method === 'OPTIONS') x.reply = new WireReply(204, undefined, ['allow', allow])
  else throw MethodNotAllowed({ headers: { allow } })
}

/** The value of `Allow`: what is declared, and what comes with it. */
function allowed(methods: readonly string[]): string {
  const all = new Set(methods)
  if (all.has('GET')) all.add('HEAD')
  all.add('OPTIONS')
  return [...all].join(', ')
}

function find(routes: Routes, path: string, passed?: ReadonlySet<Leaf<Endpoint>>): ReturnType<Routes['match']> {
  try {
    return routes.match(path, passed)
  } catch (error) {
    if (!(error instanceof UndecodablePath)) throw error
    throw BadRequest({ detail: 'The path has percent-encoding that is not UTF-8, or a NUL' })
  }
}
