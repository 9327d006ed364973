import type { AnySchema, Decoded } from '../contract/schema.ts'
import type { Secret } from './secret.ts'

/** A setting that is more than its schema: a secret, or one whose variable has a name of its own. */
export interface Setting<S extends AnySchema = AnySchema, Hidden extends boolean = boolean> {
  readonly is: 'setting'
  readonly schema: S
  readonly hidden: Hidden
  readonly variable: string | undefined
}

/** Settings by name. A bare schema reads the variable that its name makes: `databaseUrl` reads DATABASE_URL. */
export type Shape = Readonly<Record<string, AnySchema | Setting>>

/** The values of settings, by name. */
export type Settings<S> = { readonly [K in keyof S]: Value<S[K]> }

type Value<T> =
  T extends Setting<infer S, infer Hidden>
    ? Hidden extends true
      ? Secret<NonNullable<Decoded<S>>> | Extract<Decoded<S>, undefined | null>
      : Decoded<S>
    : Decoded<T>

/**
 * A setting whose value no output shows. It is read with `.reveal()`.
 *
 * @example
 * settings({ stripeKey: secret(z.string().min(20)) })
 */
export function secret<S extends AnySchema>(schema: S | Setting<S>): Setting<S, true> {
  const { schema: inner, variable: name } = toSetting(schema)
  return Object.freeze({ is: 'setting', schema: inner as S, hidden: true, variable: name })
}

/**
 * A setting read from a variable of this very name.
 *
 * @example
 * settings({ port: variable('LISTEN_PORT', z.int().default(8000)) })
 */
export function variable<S extends AnySchema, Hidden extends boolean = false>(
  name: string,
  schema: S | Setting<S, Hidden>,
): Setting<S, Hidden> {
  const { schema: inner, hidden } = toSetting(schema)
  return Object.freeze({ is: 'setting', schema: inner as S, hidden: hidden as Hidden, variable: name })
}

/** A setting in full. */
export function toSetting(given: AnySchema | Setting): Setting {
  return (given as Partial<Setting>).is === 'setting'
    ? (given as Setting)
    : { is: 'setting', schema: given as AnySchema, hidden: false, variable: undefined }
}

/** The variable that a name in camelCase reads: `s3BucketURL` reads S3_BUCKET_URL. */
export function variableName(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toUpperCase()
}
