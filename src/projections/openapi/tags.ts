import type { GroupOptions } from '../../contract/group.ts'
import type { Operation } from '../../contract/walk.ts'
import type { TagObject } from './objects.ts'

/** Tags in the order in which operations first use them, with the descriptions of their groups. */
export function tagsOf(operations: readonly Operation[]): TagObject[] {
  const descriptions = new Map<string, string>()
  for (const [level, keys] of levelKeys(operations)) {
    const tag = level.tags?.[0] ?? keys.at(-1)
    if (tag !== undefined && level.description !== undefined && !descriptions.has(tag))
      descriptions.set(tag, level.description)
  }
  return [...new Set(operations.flatMap((operation) => operation.tags))].map((name) => {
    const description = descriptions.get(name)
    return description === undefined ? { name } : { name, description }
  })
}

/** What each group says, with the keys that lead to it: those that all its operations have in common. */
function levelKeys(operations: readonly Operation[]): Map<GroupOptions, readonly string[]> {
  const found = new Map<GroupOptions, readonly string[]>()
  for (const { id, endpoint } of operations) {
    const keys = id.split('.').slice(0, -1)
    for (const level of endpoint.levels) {
      const before = found.get(level) ?? keys
      const until = before.findIndex((key, index) => key !== keys[index])
      found.set(level, until === -1 ? before : before.slice(0, until))
    }
  }
  return found
}
