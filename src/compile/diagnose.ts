import { RESERVED } from '../contract/context.ts'
import { paramNames, parsePath } from '../contract/path.ts'
import { type AnyProblem, PROBLEM_MEMBERS, isProblemType } from '../contract/problem.ts'
import { isSchema } from '../contract/schema.ts'
import type { Operation } from '../contract/walk.ts'
import { checkBody, checkSchema } from './check-body.ts'
import { checkReplies } from './check-replies.ts'
import type { DependencyFault } from './dependency-order.ts'
import { declaredFaults, usedDependencies } from './faults.ts'
import type { Note } from './start-error.ts'
import { fieldsOf } from './text-kind.ts'

/**
 * Checks that a path can be matched and that no other operation answers the same requests.
 *
 * @param shapes operations seen so far, by method and path without the names of parameters.
 * @returns false where the path is so broken that nothing else can be checked.
 */
export function checkPath(operation: Operation, shapes: Map<string, Operation>, note: Note): boolean {
  let shape: string
  try {
    const segments = parsePath(operation.path)
    shape = segments.map((segment) => (segment.kind === 'literal' ? `=${segment.text}` : segment.kind)).join('/')
  } catch (error) {
    note('path', (error as Error).message, 'mend the path')
    return false
  }
  const key = `${operation.method} ${shape}`
  const taken = shapes.get(key)
  if (taken === undefined) shapes.set(key, operation)
  else
    note(
      'path',
      `${taken.id} (${taken.path}) answers the same requests`,
      'change the path or the method of one of them',
    )
  return true
}

/** Checks that no other operation has the same name in OpenAPI, where names must be unique (OpenAPI 3.1 §4.8.10). */
export function checkOperationId(operation: Operation, ids: Map<string, Operation>, note: Note): void {
  if (operation.hidden) return
  const taken = ids.get(operation.operationId)
  if (taken === undefined) ids.set(operation.operationId, operation)
  else note('operationId', `"${operation.operationId}" is that of ${taken.id} too`, 'give one of them another')
}

/** Checks what one operation declares. */
export function diagnose(operation: Operation, dependencies: readonly DependencyFault[], note: Note): void {
  const { spec, endpoint, method } = operation
  if (endpoint.handler === undefined) {
    note('handler', 'this endpoint has none', 'give one as the last argument, or with implement(contract, handlers)')
  }
  for (const name of Object.keys(spec.use ?? {})) {
    if ((RESERVED as readonly string[]).includes(name)) {
      note(`use.${name}`, `"${name}" is a name the handler's context has already`, 'call the dependency something else')
    }
  }
  for (const { way, what, mend } of dependencies) note(`use.${way}`, what, mend)
  if (spec.body !== undefined && (method === 'GET' || method === 'HEAD')) {
    note(
      'body',
      `a ${method} request has no body that anybody agrees on (RFC 9110 §9.3)`,
      'use post, or query for a safe method with a body',
    )
  }
  checkParams(operation, note)
  for (const part of ['params', 'query', 'headers', 'cookies'] as const) {
    if (spec[part] !== undefined) checkSchema(part, spec[part], 'text', note)
  }
  if (spec.body !== undefined) checkBody('body', spec.body, note)
  checkReplies(operation, note)
  checkPolicies(operation, note)
  for (const type of new Set(declaredFaults(operation).filter(isProblemType))) checkProblem(type, note)
}

/** What policies ask of an endpoint. */
function checkPolicies({ policies, spec, method, path }: Operation, note: Note): void {
  const uses = usedDependencies(spec.use ?? {})
  const secured = uses.flatMap(({ security }) => (security === undefined ? [] : [security]))
  const seen = new Set<string>()
  for (const policy of policies) {
    if (policy?.is !== 'policy') continue // told elsewhere
    const { name, contract } = policy
    if (contract.isOnce && seen.has(name)) {
      note('policies', `"${name}" stands on this endpoint twice`, 'leave it to the endpoint, or to its group')
    }
    seen.add(name)
    for (const { what, mend } of contract.check?.({ method, path, spec, uses }) ?? []) {
      note('policies', `"${name}" ${what}`, mend)
    }
    if (contract.isOfCaller && secured.length > 0 && secured.every(({ principal }) => principal === undefined)) {
      const [first] = secured
      note(
        'policies',
        `"${name}" keeps something of each caller, and security "${first?.name}" does not say who that is`,
        'give it security.principal, a function from its value to an id',
      )
    }
  }
}

function checkProblem({ code, extra }: AnyProblem, note: Note): void {
  if (extra === undefined) return
  if (!isSchema(extra)) {
    return note(`throws ${code}`, 'has something extra that is no schema', 'give it a zod, valibot or arktype schema')
  }
  for (const name of fieldsOf(extra)?.keys() ?? []) {
    if (PROBLEM_MEMBERS.includes(name)) {
      note(
        `throws ${code}.${name}`,
        `every problem document has a member "${name}" of its own`,
        'call this one something else',
      )
    }
  }
}

function checkParams(operation: Operation, note: Note): void {
  const { params } = operation.spec
  if (!isSchema(params)) return
  const names = paramNames(operation.path)
  const fields = fieldsOf(params)
  if (fields === undefined) return
  for (const name of names) {
    if (!fields.has(name))
      note(`params.${name}`, `the path has {${name}}, but the schema does not`, `add "${name}" to the schema`)
  }
  for (const name of fields.keys()) {
    if (!names.includes(name)) {
      note(
        `params.${name}`,
        `the schema has "${name}", but the path does not`,
        `write {${name}} in the path, or take it out of the schema`,
      )
    }
  }
}
