import type { AdminOptions } from '../contract/api.ts'
import type { Dependency } from '../contract/depends.ts'
import { type Operation, listPath } from '../contract/walk.ts'
import { nearestName } from './spelling.ts'
import type { Note } from './start-error.ts'

/** Checks that an admin shows lists that there are, and says who may open it. */
export function checkAdmin(admin: AdminOptions | undefined, operations: readonly Operation[], note: Note): void {
  if (admin === undefined) return
  const { resources, security, history } = admin as Partial<AdminOptions>
  if (security !== 'public' && (security as Partial<Dependency> | undefined)?.is !== 'dependency') {
    note('admin.security', 'does not say who may open it', 'give it a security dependency, or "public"')
  }
  if (!Array.isArray(resources) || resources.length === 0) {
    note('admin.resources', 'names nothing to show', "name groups of the API: ['books']")
  }
  const groups = [...new Set(operations.map(({ id }) => id.split('.').slice(0, -1).join('.')))]
  for (const [index, key] of [...(resources ?? []), ...(history === undefined ? [] : [history])].entries()) {
    if (listPath(operations, key) !== undefined) continue
    const field = key === history ? 'admin.history' : `admin.resources.${index}`
    const known = groups.filter((group) => listPath(operations, group) !== undefined)
    const meant = nearestName(key, known)
    const mend =
      meant === undefined ? `name a group with a GET without path parameters: ${known.join(', ')}` : `write "${meant}"`
    note(field, `names "${key}", of which there is no list`, mend)
  }
}
