import type { Column } from 'drizzle-orm'

/** Now, as a column keeps it: a time, or true where it says no more than that. undefined for a column that can do neither. */
export function momentOf({ dataType }: Column): (() => unknown) | undefined {
  switch (dataType) {
    case 'boolean':
      return () => true
    case 'object date':
      return () => new Date()
    case 'string':
    case 'string timestamp':
    case 'string datetime':
      return () => new Date().toISOString()
    case 'number int53':
      return () => Date.now()
  }
  return undefined
}
