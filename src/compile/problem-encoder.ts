import { type ErrorFormat, errorFormat } from '../contract/error-format.ts'
import { type AnyProblem, Problem } from '../contract/problem.ts'
import type { AnySchema } from '../contract/schema.ts'
import type { Operation } from '../contract/walk.ts'
import { encoding } from './encoder.ts'
import { declaredFaults } from './faults.ts'
import type { Validate, Zod } from './validator.ts'

/** Makes of an error format one that sees problems as they are sent. */
export type ProblemEncoder = (format: ErrorFormat) => ErrorFormat

/**
 * Compiles the problems that operations declare: their members are encoded like any reply, and what their types do not
 * declare is not sent. One that nobody declared is compiled when it is first thrown.
 */
export function compileProblems(operations: readonly Operation[], zod: Zod | undefined): ProblemEncoder {
  const encoders = new WeakMap<AnyProblem, Validate>()
  const encoderOf = (type: AnyProblem): Validate | undefined => {
    if (type.extra === undefined) return undefined
    let encoder = encoders.get(type)
    if (encoder === undefined) {
      encoder = encoding(type.extra as AnySchema, zod)
      encoders.set(type, encoder)
    }
    return encoder
  }
  for (const operation of operations) for (const type of declaredFaults(operation)) encoderOf(type)

  const formats = new Map<ErrorFormat, ErrorFormat>()
  return (format) => {
    let made = formats.get(format)
    if (made === undefined) {
      made = errorFormat({ ...format, body: (problem) => format.body(encoded(problem, encoderOf(problem.type))) })
      formats.set(format, made)
    }
    return made
  }
}

function encoded(problem: Problem, encoder: Validate | undefined): Problem {
  const { type, extra, detail, errors } = problem
  if (extra === undefined || encoder === undefined) return problem
  return new Problem(type as never, membersOf(extra, encoder), {
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
  })
}

/** What a schema lets out: nothing where the members do not fit it, or where it asks somebody, for a failure does not wait. */
function membersOf(extra: unknown, encoder: Validate): unknown {
  try {
    const result = encoder(extra)
    if (!(result instanceof Promise)) return result.issues === undefined ? result.value : undefined
    result.catch(() => {})
  } catch {}
  return undefined
}
