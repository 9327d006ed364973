import type { SchemaResult } from '../contract/schema.ts'
import { type Authored, PROMISED } from './authored.ts'
import type { Validate } from './validator.ts'

/** The two ways to run a zod schema. */
export interface Ways {
  /** The fast one, where nobody waits. */
  readonly atOnce: (value: unknown) => SchemaResult<unknown>
  readonly waiting: (value: unknown) => Promise<SchemaResult<unknown>>
}

/**
 * Runs a zod schema at once, or waiting where it asks others: async refinements, codecs that return promises. Which it
 * is can be seen where a function is declared `async`. Any other is found out by its first promise, be it that of a field
 * which few values have: that value is run once more, and from then on every value is run waiting.
 */
export function settling(functions: readonly Authored[], { atOnce, waiting }: Ways): Validate {
  let waits = false
  const wait = (): void => {
    waits = true
    for (const one of functions) one.rejects = true
  }
  if (functions.some(({ isAsync }) => isAsync)) wait()
  return (value) => {
    if (waits) return waiting(value)
    for (const one of functions) one.atOnce = true
    try {
      return atOnce(value)
    } catch (error) {
      if (error !== PROMISED) throw error
      wait()
    } finally {
      for (const one of functions) one.atOnce = false
    }
    return waiting(value)
  }
}
