import { walk } from '../contract/walk.ts'
import { compile } from '../compile/plan.ts'
import { securityOf } from '../projections/openapi/security.ts'
import { loadApi } from './load-api.ts'
import type { CommandOptions } from './main.ts'

/** Prints every endpoint: method, path, operation id, who may call it, the rules beside its handler. */
export async function routes(file: string, { json }: CommandOptions): Promise<void> {
  const api = await loadApi(file)
  const { endpoints } = await compile(api)
  const schemes = new Map<string, object>()
  const rows = walk(api).map((operation, index) => ({
    method: operation.method,
    path: operation.path,
    operation: operation.id,
    security: securityOf(operation, schemes) ?? [],
    replies: endpoints[index]?.replies.map((reply) => reply.status) ?? [],
    policies: operation.policies.map((policy) => policy.name),
    hidden: operation.hidden,
  }))
  if (json) {
    process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
    return
  }
  const lines = rows.map(({ method, path, operation, security, policies, hidden }) => {
    const notes = [...policies, ...(hidden ? ['hidden'] : [])].join(', ')
    // An API without callers of any kind has nothing to say of them.
    const callers = schemes.size === 0 ? [] : [callersOf(security)]
    return [method, path, operation, ...callers, notes === '' ? '' : `(${notes})`]
  })
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  for (const line of lines) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

/** `token with orders:write, or key`. */
function callersOf(security: ReturnType<typeof securityOf> & object): string {
  if (security.length === 0) return 'anyone'
  const ways = security.map((needed) => {
    const schemes = Object.entries(needed).map(([name, scopes]) => [name, ...scopes].join(' ').replace(' ', ' with '))
    return schemes.length === 0 ? 'anyone' : schemes.join(' and ')
  })
  return ways.join(', or ')
}
