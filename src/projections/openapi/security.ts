import { usedDependencies } from '../../compile/faults.ts'
import type { Operation } from '../../contract/walk.ts'
import type { SecurityRequirement } from './objects.ts'
import { canonical } from './json-schema.ts'

/**
 * What a caller must show for an operation, from the security dependencies anywhere below it; all
 * are needed at once. Where some are optional, going without them comes first.
 */
export function securityOf(operation: Operation, schemes: Map<string, object>): SecurityRequirement[] | undefined {
  const required: SecurityRequirement = {}
  const optional: SecurityRequirement = {}
  for (const { security } of usedDependencies(operation.spec.use ?? {})) {
    if (security === undefined) continue
    const known = schemes.get(security.name)
    if (known !== undefined && canonical(known) !== canonical(security.scheme)) {
      throw new TypeError(
        `OpenAPI: two different security schemes are named "${security.name}", one of them used by ${operation.id}; rename one`,
      )
    }
    schemes.set(security.name, security.scheme)
    const group = security.optional ? optional : required
    group[security.name] = [...new Set([...(group[security.name] ?? []), ...(security.scopes ?? [])])]
  }
  for (const [name, scopes] of Object.entries(required)) {
    if (optional[name] === undefined) continue
    required[name] = [...new Set([...scopes, ...optional[name]])]
    delete optional[name]
  }
  if (Object.keys(optional).length > 0) return [required, { ...required, ...optional }]
  return Object.keys(required).length > 0 ? [required] : undefined
}
