import type { SchemaResult } from '../contract/schema.ts'
import type { Validate } from './validator.ts'
import type { ZodSchema } from './zod-schema.ts'

/** The two ways to run a zod schema. */
export interface Ways {
  /** Gives a promise only where the schema turns out to wait for something: it has then been run twice. */
  readonly atOnce: Validate
  readonly waiting: (value: unknown) => Promise<SchemaResult<unknown>>
}

/**
 * Runs a zod schema at once, or waiting where it asks others: async refinements, codecs that return promises.
 *
 * Zod learns which it is by failing, and drops the promise it met: should that one reject, nobody hears it and the
 * process ends. So until a value is accepted each is first run by somebody who listens, and after the first promise
 * every value is run waiting, once. What only few values reach can still be dropped, the first time.
 */
export function settling(schema: ZodSchema, direction: 'forward' | 'backward', { atOnce, waiting }: Ways): Validate {
  let waits: boolean | undefined
  return (value) => {
    if (waits === undefined && promises(schema, direction, value)) waits = true
    if (waits) return waiting(value)
    const result = atOnce(value)
    if (result instanceof Promise) {
      return result.then((settled) => {
        waits = true
        return settled
      })
    }
    if (waits === undefined && result.issues === undefined) waits = false
    return result
  }
}

function promises(schema: ZodSchema, direction: 'forward' | 'backward', value: unknown): boolean {
  try {
    const run = schema._zod.run({ value, issues: [] }, { async: true, direction })
    if (!(run instanceof Promise)) return false
    run.catch(() => {}) // it is run again, and fails again
    return true
  } catch {
    return false // it throws again where the failure is told
  }
}
