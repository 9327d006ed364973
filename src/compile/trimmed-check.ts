import type { AnySchema, Schema } from '../contract/schema.ts'
import type { Validate } from './validator.ts'

/** What a schema of arktype has that others have not. */
interface Arktype extends Schema {
  readonly onDeepUndeclaredKey: (behavior: 'delete' | 'reject') => Arktype
  readonly distribute: (map: (member: Arktype) => Arktype) => readonly Arktype[]
}

/**
 * The check of a reply's schema that drops what the schema does not declare, where its library would keep it: arktype
 * does, unless it is told otherwise. undefined for other libraries, whose own check drops it.
 *
 * @throws what arktype throws for a union inside the schema whose members it cannot tell apart.
 */
export function trimmedCheck(schema: AnySchema): Validate | undefined {
  if (!isArktype(schema)) return undefined
  try {
    return checkOf(schema.onDeepUndeclaredKey('delete'))
  } catch {
    return unionCheck(schema)
  }
}

/**
 * Dropping changes a value, and arktype makes no union of what does where a value could be two of the members. So they
 * are asked one by one: the value is sent as the one that declares all of it, or else as the first that takes it.
 */
function unionCheck(schema: Arktype): Validate {
  const trimmed = schema.distribute((member) => member.onDeepUndeclaredKey('delete'))
  const checks = [schema.onDeepUndeclaredKey('reject'), ...trimmed].map(checkOf)
  const whole = checkOf(schema)
  return (value) => {
    for (const check of checks) {
      const result = check(value)
      if (!(result instanceof Promise) && result.issues === undefined) return result
    }
    return whole(value)
  }
}

function checkOf(schema: Arktype): Validate {
  return schema['~standard'].validate
}

function isArktype(schema: AnySchema): schema is Arktype {
  return (schema as Partial<Arktype>).onDeepUndeclaredKey !== undefined
}
