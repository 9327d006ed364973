import type { Reply } from '../contract/hooks.ts'

/** Adds a name to `Vary`, once. */
export function addVary(given: Reply, name: string): void {
  const vary = given.header('vary')
  const names =
    vary
      ?.toLowerCase()
      .split(',')
      .map((one) => one.trim()) ?? []
  if (names.includes('*') || names.includes(name.toLowerCase())) return
  given.set('vary', vary === undefined ? name : `${vary}, ${name}`)
}
