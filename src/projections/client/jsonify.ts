/**
 * What arrives when a value is sent as JSON and read back: a `Date` is a string, what JSON leaves out
 * is left out, `toJSON` is honoured. Used only where an endpoint does not say what it returns.
 */
export type Jsonify<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null
    ? T
    : T extends { toJSON(...args: never[]): infer J }
      ? Jsonify<J>
      : T extends bigint
        ? NotJson<'JSON has no bigint: return a string, or give the endpoint `returns`'>
        : T extends Unsent
          ? undefined
          : T extends readonly unknown[]
            ? { [K in keyof T]: T[K] extends Unsent ? null : Jsonify<Exclude<T[K], Unsent>> | Nulled<T[K]> }
            : JsonObject<T>

/** A value that JSON cannot carry, and what to do about it. */
export interface NotJson<Message extends string> {
  readonly notJson: Message
}

/** Left out of objects, `null` in lists. */
type Unsent = undefined | void | symbol | ((...args: never[]) => unknown)

type Nulled<T> = Extract<T, Unsent> extends never ? never : null

/** Fields that may be `undefined` may be absent; fields that JSON never carries are gone. */
type JsonObject<T> = Flat<
  { [K in keyof T as Kept<K, T[K], true>]: Jsonify<T[K]> } & {
    [K in keyof T as Kept<K, T[K], false>]?: Jsonify<Exclude<T[K], Unsent>>
  }
>

type Kept<K, V, Always extends boolean> = K extends symbol
  ? never
  : unknown extends V
    ? Always extends true
      ? K
      : never
    : [V] extends [Unsent]
      ? never
      : Extract<V, Unsent> extends never
        ? Always extends true
          ? K
          : never
        : Always extends true
          ? never
          : K

/** One object in place of an intersection, so that an editor shows its fields. */
export type Flat<T> = { [K in keyof T]: T[K] }
