import { walk } from '../contract/walk.ts'
import { compile } from '../compile/plan.ts'
import { loadApi } from './load-api.ts'
import type { CommandOptions } from './main.ts'

/** Prints every endpoint: method, path, operation id, what it takes and answers. */
export async function routes(file: string, { json }: CommandOptions): Promise<void> {
  const api = await loadApi(file)
  const { endpoints } = await compile(api)
  const rows = walk(api).map((operation, index) => ({
    method: operation.method,
    path: operation.path,
    operation: operation.id,
    replies: endpoints[index]?.replies.map((reply) => reply.status) ?? [],
    policies: operation.policies.map((policy) => policy.name),
    hidden: operation.hidden,
  }))
  if (json) {
    process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
    return
  }
  const width = (name: 'method' | 'path'): number => Math.max(...rows.map((row) => row[name].length), 0)
  const [method, path] = [width('method'), width('path')]
  for (const row of rows) {
    const notes = [...row.policies, ...(row.hidden ? ['hidden'] : [])].join(', ')
    console.log(
      `${row.method.padEnd(method)}  ${row.path.padEnd(path)}  ${row.operation}${notes === '' ? '' : `  (${notes})`}`,
    )
  }
}
