import type { SecurityScheme } from '../contract/security.ts'
import { meet } from '../contract/version.ts'
import type { Operation } from '../contract/walk.ts'
import { canonical } from './canonical.ts'
import { schemesUsed } from './faults.ts'
import type { Note } from './start-error.ts'

/** A security scheme, and the operation that was the first to use it. */
interface Seen {
  readonly operation: Operation
  readonly scheme: SecurityScheme['scheme']
}

/**
 * Checks that schemes of one name are one scheme, for OpenAPI has one (OpenAPI 3.1 §4.8.7), in each version of the API.
 *
 * @param seen those of the operations before, by name.
 */
export function checkSchemes(operation: Operation, seen: Map<string, Seen[]>, note: Note): void {
  if (operation.hidden) return
  for (const { name, scheme } of schemesUsed(operation)) {
    const before = seen.get(name) ?? []
    seen.set(name, before)
    const met = before.filter((one) => meet(one.operation.version, operation.version))
    if (met.some((one) => canonical(one.scheme) === canonical(scheme))) continue
    before.push({ operation, scheme })
    const [other] = met
    if (other === undefined) continue
    const what = `"${name}" is another security scheme than that of ${other.operation.id}, and OpenAPI has one of a name`
    note('security', what, 'give one of them another "name"')
  }
}
