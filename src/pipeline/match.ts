import { type Leaf, UndecodablePath } from '../compile/route-table.ts'
import type { Problem } from '../contract/problem.ts'
import { BadRequest, MethodNotAllowed, NotFound, NotImplemented } from '../contract/problems.ts'
import type { Exchange } from './exchange.ts'
import { problemReply } from './fail.ts'
import type { Routes } from './pipeline.ts'
import { WireReply } from './reply.ts'
import type { Endpoint } from './stages.ts'

/** Methods that are known, so that one a path does not have is 405 and any other 501 (RFC 9110 §15.6.2). */
const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'TRACE', 'CONNECT'])

/**
 * Stage 2. Finds the endpoint: of all paths that fit, the first that has the method. HEAD is answered by GET;
 * OPTIONS says what the path has, where no endpoint of its own does (RFC 9110 §9.3.7). Without an endpoint there is a
 * reply, or a problem is thrown, which gets the API's format.
 *
 * @throws NotFound, MethodNotAllowed, NotImplemented, BadRequest
 */
export function match(x: Exchange, routes: Routes): void {
  const { method, local, pathEnd } = x.request
  let passed: Set<Leaf<Endpoint>> | undefined
  try {
    for (let found = routes.match(local, pathEnd); found; found = routes.match(local, pathEnd, passed)) {
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
  } catch (error) {
    if (!(error instanceof UndecodablePath)) throw error
    const detail = 'The path has percent-encoding that is not UTF-8, or a NUL'
    return refuse(x, BadRequest({ detail }) as Problem, routes.near(x.request.path))
  }
  if (passed === undefined) {
    if (method === 'OPTIONS' && local === '*') x.reply = new WireReply(204, undefined, [])
    else refuse(x, unknownPath(method), routes.near(x.request.path))
    return
  }
  const endpoints = [...passed].flatMap(({ methods }) => [...methods.values()])
  if (!KNOWN.has(method)) return refuse(x, NotImplemented() as Problem, endpoints)
  const allow = allowed([...passed].flatMap(({ methods }) => [...methods.keys()]))
  if (method === 'OPTIONS') x.reply = new WireReply(204, undefined, ['allow', allow])
  else refuse(x, MethodNotAllowed({ headers: { allow } }) as Problem, endpoints)
}

function unknownPath(method: string): Problem {
  if (!KNOWN.has(method)) return NotImplemented() as Problem
  // Its target is an authority, no path: there is no tunnel here (RFC 9110 §9.3.6).
  return (method === 'CONNECT' ? MethodNotAllowed({ headers: { allow: '' } }) : NotFound()) as Problem
}

/** Refuses in the format of the endpoints that the path belongs to, where they have one and the same. */
export function refuse(x: Exchange, problem: Problem, endpoints: readonly Endpoint[]): void {
  const format = endpoints[0]?.errors
  if (format === undefined || endpoints.some(({ errors }) => errors !== format)) throw problem
  x.failure = problem
  x.reply = problemReply(problem, format, (error) => {
    throw error
  })
}

/** The value of `Allow`: what is declared, and what comes with it. */
function allowed(methods: readonly string[]): string {
  const all = new Set(methods)
  if (all.has('GET')) all.add('HEAD')
  all.add('OPTIONS')
  return [...all].join(', ')
}
