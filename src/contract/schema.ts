import type { PageDecoded, PageQuery, PageSent } from './page.ts'

/**
 * The part of Standard Schema 1.0 (https://standardschema.dev) that Trestle reads.
 * zod, valibot, arktype and others implement it, so any of them can describe a value.
 */
export interface Schema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>
    readonly types?: { readonly input: In; readonly output: Out } | undefined
    readonly jsonSchema?: {
      readonly input: (options: JsonSchemaOptions) => Record<string, unknown>
      readonly output: (options: JsonSchemaOptions) => Record<string, unknown>
    }
  }
}

export interface JsonSchemaOptions {
  readonly target: string
  readonly libraryOptions?: Record<string, unknown> | undefined
}

export type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
  readonly code?: string
}

/**
 * A schema of any library, as a constraint: it asks only for a marker, zod's own first. Comparing
 * each schema's whole type with `Schema` costs 160 instantiations for every schema.
 */
export type AnySchema = { readonly _zod: object } | { readonly '~standard': object }

/** What a handler receives: the value after the schema has decoded it. */
export type Decoded<S> = S extends { readonly _zod: { readonly output: infer Out } }
  ? Out
  : S extends PageQuery<infer M, infer F>
    ? PageDecoded<M, F>
    : S extends Schema<infer _In, infer Out>
      ? Out
      : never

/** What a caller sends for this schema: the value before it is decoded. */
export type Sent<S> = S extends { readonly _zod: { readonly input: infer In } }
  ? In
  : S extends PageQuery<infer M, infer F>
    ? PageSent<M, F>
    : S extends Schema<infer In, infer _Out>
      ? In
      : never

/**
 * What a handler returns for a reply of this schema. Zod schemas encode, so it is the decoded value
 * (a `Date` for a date codec); other libraries only decode, so it is what they accept.
 */
export type Encodable<S> = S extends { readonly _zod: { readonly output: infer Out } } ? Out : Sent<S>

/**
 * What a caller receives in a reply of this schema. A codec turns the decoded value back into its
 * input; where the two differ only by defaults, the reply always carries the defaulted field.
 */
export type Received<S> = S extends { readonly _zod: { readonly output: infer Out; readonly input: infer In } }
  ? Out extends In
    ? Out
    : In
  : Decoded<S>

/** True for a Standard Schema value of any library; arktype's are functions. */
export function isSchema(value: unknown): value is Schema {
  return (
    value !== null && (typeof value === 'object' || typeof value === 'function') && '~standard' in (value as object)
  )
}
