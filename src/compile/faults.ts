import { requestContents } from '../contract/formats.ts'
import type { Dependency, Uses } from '../contract/depends.ts'
import type { AnyProblem } from '../contract/problem.ts'
import {
  BadRequest,
  ContentTooLarge,
  HandlerTimeout,
  InternalError,
  InvalidInput,
  MalformedBody,
  NotAcceptable,
  Overloaded,
  RangeNotSatisfiable,
  RequestTimeout,
  UnknownVersion,
  UnsupportedMediaType,
} from '../contract/problems.ts'
import { type SecurityScheme, schemesOf } from '../contract/security.ts'
import type { Operation } from '../contract/walk.ts'
import { choiceOf } from './offers.ts'
import { givesRanges } from './reply-specs.ts'

/**
 * Every problem that an operation can answer with: those that it declares, and those that the
 * pipeline adds. Runtime and documentation both ask here, so they agree.
 */
export function faultsOf(operation: Operation): AnyProblem[] {
  return [...new Set([...declaredFaults(operation), ...pipelineFaults(operation)])]
}

/** The problems that an operation, its levels, its dependencies and its policies declare. */
export function declaredFaults(operation: Operation): AnyProblem[] {
  return [
    ...operation.throws,
    ...dependenciesOf(operation).flatMap((dependency) => dependency.throws),
    // What is no policy is a start-up fault, reported elsewhere; here it only must not harm.
    ...operation.policies.flatMap((policy) => policy?.contract?.throws ?? []),
  ]
}

/** The problems that the pipeline answers with by itself, for this operation. */
export function pipelineFaults(operation: Operation): AnyProblem[] {
  const { params, query, headers, cookies, body } = operation.spec
  const kinds = body === undefined ? [] : requestContents(body, operation.formats).map(({ kind }) => kind)
  const checked = kinds.some((kind) => kind === 'json' || kind === 'form' || kind === 'xml' || kind === 'multipart')
  return [
    // A segment whose percent-encoding is no text is refused before any schema is asked; in a query it
    // is a refused field like any other.
    ...(operation.path.includes('{') ? [BadRequest] : []),
    ...(operation.version === undefined ? [] : [UnknownVersion]),
    ...(choiceOf(operation)?.length ? [NotAcceptable] : []),
    ...(kinds.length === 0 ? [] : [MalformedBody, RequestTimeout, ContentTooLarge, UnsupportedMediaType]),
    ...(checked || params || query || headers || cookies ? [InvalidInput] : []),
    ...(givesRanges(operation) ? [RangeNotSatisfiable] : []),
    InternalError,
    HandlerTimeout,
    ...(operation.essential ? [] : [Overloaded]),
  ]
}

/** All dependencies that an operation uses, and what they use. */
export function dependenciesOf({ spec, guards }: Operation): Dependency[] {
  return usedDependencies([...guards, ...Object.values((spec.use ?? {}) as Uses)])
}

/** The schemes that security dependencies of an operation name. */
export function schemesUsed(operation: Operation): SecurityScheme[] {
  return dependenciesOf(operation).flatMap(({ security }) => (security === undefined ? [] : schemesOf(security)))
}

/** Dependencies and all below them, each once, what one uses before itself. */
export function usedDependencies(used: readonly Dependency[]): Dependency[] {
  const found = new Set<Dependency>()
  const visiting = new Set<Dependency>()
  const visit = (dependency: Dependency): void => {
    // A cycle, or something that is no dependency, is a start-up fault, reported elsewhere; here it only must not harm.
    if (dependency?.is !== 'dependency' || found.has(dependency) || visiting.has(dependency)) return
    visiting.add(dependency)
    for (const inner of Object.values(dependency.uses)) visit(inner)
    found.add(dependency)
  }
  for (const dependency of used) visit(dependency)
  return [...found]
}
