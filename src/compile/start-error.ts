import type { Operation } from '../contract/walk.ts'

/** One thing that keeps an API from starting: where it is, what is wrong, how to mend it. */
export interface Fault {
  /** The endpoint; it, its method and its path are empty where the API itself is at fault. */
  readonly operation: string
  readonly method: string
  readonly path: string
  /** The part of the declaration: `params.id`, `use.query`, `body.paid_at`. */
  readonly field: string
  readonly what: string
  readonly mend: string
}

/** Thrown at start-up with everything that is wrong with an API, not only the first. */
export class StartError extends Error {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const lines = faults.map(
      ({ operation, method, path, field, what, mend }) =>
        `  ${operation === '' ? 'The API' : `${method} ${path} (${operation})`}\n    ${field}: ${what}\n    → ${mend}`,
    )
    const many = faults.length === 1 ? 'one fault' : `${faults.length} faults`
    super(`The API cannot start: ${many} in its declaration.\n${lines.join('\n')}`)
    this.faults = faults
  }

  override get name(): string {
    return 'StartError'
  }
}

/** Says what is wrong with a part of a declaration, and how to mend it. */
export type Note = (field: string, what: string, mend: string) => void

/** Where a fault of the API itself is noted. */
export function noteForApi(faults: Fault[]): Note {
  return (field, what, mend) => faults.push({ operation: '', method: '', path: '', field, what, mend })
}

/** Where a fault is noted for an operation. */
export function noteFor(operation: Operation, faults: Fault[]): Note {
  const { id, method, path } = operation
  return (field, what, mend) => faults.push({ operation: id, method, path, field, what, mend })
}
