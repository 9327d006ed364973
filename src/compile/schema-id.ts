/** The name that an author gave a schema. */
export type SchemaNamer = (schema: unknown) => string | undefined

/** Names by the API's `schemas`, then by zod's `.meta({ id })`. */
export function schemaNamer(declared: Readonly<Record<string, object>> = {}): SchemaNamer {
  const names = new Map(Object.entries(declared).map(([name, schema]) => [schema as unknown, name]))
  return (schema) => names.get(schema) ?? idOf(schema)
}

function idOf(schema: unknown): string | undefined {
  const { meta } = Object(schema) as { readonly meta?: unknown }
  if (typeof meta !== 'function') return undefined
  const id = (meta.call(schema) as { readonly id?: unknown } | undefined)?.id
  return typeof id === 'string' ? id : undefined
}
