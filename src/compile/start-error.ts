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
    const alike = new Map<string, Fault[]>()
    for (const fault of faults) {
      const said = `    ${fault.field}: ${fault.what}\n    → ${fault.mend}`
      alike.set(said, [...(alike.get(said) ?? []), fault])
    }
    const lines = [...alike].map(([said, places]) => `${placesOf(places)}\n${said}`)
    const many = lines.length === 1 ? 'one fault' : `${lines.length} faults`
    super(`The API cannot start: ${many} in its declaration.\n${lines.join('\n')}`)
    this.faults = faults
  }

  override get name(): string {
    return 'StartError'
  }
}

/** What is wrong with a group is wrong with each endpoint of it: it is said once. */
function placesOf(faults: readonly Fault[]): string {
  const [{ operation, method, path }, ...others] = faults as [Fault, ...Fault[]]
  const first = operation === '' ? '  The API' : `  ${method} ${path} (${operation})`
  const same = others.map((fault) => fault.operation)
  return same.length === 0 ? first : `${first}, the same in ${same.join(', ')}`
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
