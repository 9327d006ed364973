import { RESERVED } from '../contract/context.ts'
import type { Dependency } from '../contract/depends.ts'
import { paramNames, parsePath } from '../contract/path.ts'
import { type AnyProblem, PROBLEM_MEMBERS, isProblemType } from '../contract/problem.ts'
import { isSchema } from '../contract/schema.ts'
import { type Security, schemesOf } from '../contract/security.ts'
import { meet } from '../contract/version.ts'
import { type Operation, SAFE_METHODS } from '../contract/walk.ts'
import { checkBodies, checkBodyLimit, checkSchema } from './check-body.ts'
import { checkReplies } from './check-replies.ts'
import type { DependencyFault } from './dependency-order.ts'
import { declaredFaults, dependenciesOf, usedDependencies } from './faults.ts'
import type { Note } from './start-error.ts'
import { fieldsOf } from './text-kind.ts'

/**
 * Checks that a path can be matched and that no other operation answers the same requests.
 *
 * @param shapes operations seen so far, by method and path without the names of parameters.
 * @returns false where the path is so broken that nothing else can be checked.
 */
export function checkPath(operation: Operation, shapes: Map<string, Operation[]>, note: Note): boolean {
  let shape: string
  try {
    const segments = parsePath(operation.path)
    shape = segments.map((segment) => (segment.kind === 'literal' ? `=${segment.text}` : segment.kind)).join('/')
  } catch (error) {
    note('path', (error as Error).message, 'mend the path')
    return false
  }
  const key = `${operation.method} ${shape}`
  const taken = takenBy(operation, key, shapes)
  if (taken !== undefined) {
    note(
      'path',
      `${taken.id} (${taken.path}) answers the same requests`,
      'change the path or the method of one of them',
    )
  }
  return true
}

/** Checks that no other operation has the same name in OpenAPI, where names must be unique (OpenAPI 3.1 §4.8.10). */
export function checkOperationId(operation: Operation, ids: Map<string, Operation[]>, note: Note): void {
  if (operation.hidden) return
  const taken = takenBy(operation, operation.operationId, ids)
  if (taken !== undefined)
    note('operationId', `"${operation.operationId}" is that of ${taken.id} too`, 'give one of them another')
}

/** The first operation with this key of those that callers of one version see; where there is none, the key is taken now. */
function takenBy(operation: Operation, key: string, seen: Map<string, Operation[]>): Operation | undefined {
  const before = seen.get(key)
  const taken = before?.find(({ version }) => meet(version, operation.version))
  if (before === undefined) seen.set(key, [operation])
  else if (taken === undefined) before.push(operation)
  return taken
}

/** Checks that an API has one set of versions: a request names one of them. */
export function checkVersions(operations: readonly Operation[], note: Note): void {
  const all = operations.flatMap(({ version }) => (version === undefined ? [] : [JSON.stringify(version.of)]))
  const other = all.find((one) => one !== all[0])
  if (other === undefined) return
  note('versions', `${other} are others than ${all[0]}`, 'give all of them one header, one default and the same names')
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
  const uses = dependenciesOf(operation)
  const told = checkPolicies(operation, uses, note)
  checkParams(operation, told, note)
  for (const part of ['params', 'query', 'headers', 'cookies'] as const) {
    if (spec[part] !== undefined) checkSchema(part, spec[part], 'text', note)
  }
  if (spec.body !== undefined) checkBodies(spec.body, note)
  checkBodyLimit(spec.body, spec.limits?.body, note)
  checkReplies(operation, note)
  checkSecurity(operation, uses, note)
  for (const type of new Set(declaredFaults(operation).filter(isProblemType))) checkProblem(type, note)
}

/** What policies ask of an endpoint. @returns parts of it of which they said what is wrong. */
function checkPolicies(operation: Operation, uses: readonly Dependency[], note: Note): ReadonlySet<string> {
  const told = new Set<string>()
  const { policies, spec, method, path } = operation
  const secured = uses.flatMap(({ security }) => (security === undefined ? [] : [security]))
  const seen = new Set<string>()
  const counted = new Set<string>()
  for (const policy of policies) {
    if (policy?.is !== 'policy') continue // told elsewhere
    const { name, contract } = policy
    if (contract.isOnce && seen.has(name)) {
      note('policies', `"${name}" stands on this endpoint twice`, 'leave it to the endpoint, or to its group')
    }
    seen.add(name)
    if (contract.isOfWrites && SAFE_METHODS.has(method)) {
      note('policies', `"${name}" is of writes, and ${method} changes nothing`, 'take it out')
    }
    for (const one of contract.counts ?? []) {
      if (counted.has(one)) {
        note(
          'policies',
          `two of "${name}" count under "${one}", and each request twice`,
          'leave one out, here or in the group, or give it a name of its own',
        )
      }
      counted.add(one)
    }
    for (const { field, what, mend } of contract.check?.({ method, path, spec, uses }) ?? []) {
      if (field === undefined) note('policies', `"${name}" ${what}`, mend)
      else {
        told.add(field)
        note(field, what, mend)
      }
    }
    const nameless = contract.isOfCaller ? secured.find(({ principal }) => principal === undefined) : undefined
    if (nameless !== undefined) {
      note(
        'policies',
        `"${name}" keeps something of each caller, and security "${nameOf(nameless)}" does not say who that is`,
        'give it security.principal, a function from its value to an id',
      )
    }
  }
  return told
}

function nameOf(security: Security): string {
  return schemesOf(security)
    .map(({ name }) => name)
    .join('" or "')
}

/** Who may call it has to be said where that is required, and said once. */
function checkSecurity(operation: Operation, uses: readonly Dependency[], note: Note): void {
  const { needsSecurity, guards, spec, essential } = operation
  for (const guard of guards) {
    if (guard?.is === 'dependency' && usedDependencies([guard]).some(isSecurity)) continue
    note('security', 'is no security dependency', 'give it one, such as those of trestle/auth, or "public"')
  }
  if (needsSecurity && !uses.some(isSecurity) && !essential && spec.security === undefined) {
    note(
      'security',
      'nobody says who may call this, and the API requires it',
      "use a security dependency, or say security: 'public'",
    )
  }
  if (spec.security === 'public' && uses.some((one) => isSecurity(one) && !one.security?.optional)) {
    note('security', 'is "public", but what it uses asks who is calling', 'take one of them out, or make that optional')
  }
}

function isSecurity({ security }: Dependency): boolean {
  return security !== undefined
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

function checkParams(operation: Operation, told: ReadonlySet<string>, note: Note): void {
  const { params } = operation.spec
  if (!isSchema(params)) return
  const names = paramNames(operation.path)
  const fields = fieldsOf(params)
  if (fields === undefined) return
  for (const name of names) {
    if (!fields.has(name) && !told.has(`params.${name}`))
      note(`params.${name}`, `the path has {${name}}, but the schema does not`, `add "${name}" to the schema`)
  }
  for (const name of fields.keys()) {
    if (!names.includes(name) && !told.has(`params.${name}`)) {
      note(
        `params.${name}`,
        `the schema has "${name}", but the path does not`,
        `write {${name}} in the path, or take it out of the schema`,
      )
    }
  }
}
