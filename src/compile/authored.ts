import { type ZodSchema, holds } from './zod-schema.ts'

/** A function that the author of a zod schema wrote: a refinement, a transform, half of a codec. It is listened to. */
export interface Authored {
  (value: unknown, payload: unknown): unknown
  /** True while it is called where nobody waits: zod is then not given a promise, but `PROMISED` is thrown. */
  atOnce: boolean
  /** True where others with it give promises: zod drops those when it throws, so it gives one that rejects. */
  rejects: boolean
  readonly isAsync: boolean
}

/** Thrown where a promise was given and nobody waits. */
export const PROMISED: unique symbol = Symbol('promised')

/**
 * Listens to the functions that the author of a zod schema wrote. Zod drops promises: the one that it meets where it
 * does not wait, and that of a union's member where a later one accepts at once. Should one of those reject, nobody
 * hears it and the process ends. There is no other place to hear of it, so the functions are replaced in the schema
 * itself, once. To whoever uses it beside us they do what they did.
 */
export function authoredIn(schema: ZodSchema): readonly Authored[] {
  const found = new Set<Authored>()
  holds(schema, ({ _zod }) => {
    const { def, innerType } = _zod
    if (innerType !== undefined) def.getter = () => innerType // one made anew would not be listened to
    listen(def, 'transform', found)
    listen(def, 'reverseTransform', found)
    for (const { _zod: check } of [{ _zod }, ...(def.checks ?? [])]) {
      if (check.def.check !== 'custom') continue
      const hasFn = 'fn' in check.def
      if (hasFn) listen(check.def, 'fn', found)
      listen(check, 'check', hasFn ? undefined : found)
    }
    return false
  })
  if (found.size === 0) return []
  holds(schema, ({ _zod: { def } }) => {
    for (const member of def.options ?? []) listen(member._zod, 'run')
    return false
  })
  return [...found]
}

function listen(holder: object, name: string, found?: Set<Authored> | undefined): void {
  const functions = holder as Record<string, Authored | undefined>
  const own = functions[name]
  if (own === undefined) return
  const heard = 'atOnce' in own ? own : listening(own)
  functions[name] = heard
  found?.add(heard)
}

function listening(own: (value: unknown, payload: unknown) => unknown): Authored {
  const heard = ((value, payload) => {
    let given: unknown
    try {
      given = own(value, payload)
    } catch (error) {
      if (!heard.rejects) throw error
      given = Promise.reject(error)
    }
    if (!(given instanceof Promise)) return given
    given.catch(() => {}) // told by whoever waits for it
    if (heard.atOnce) throw PROMISED
    return given
  }) as Authored
  // Zod looks at the tag too: it compiles nothing that is declared async.
  const tag = (own as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]
  const isAsync = tag === 'AsyncFunction'
  return Object.assign(heard, { atOnce: false, rejects: false, isAsync, [Symbol.toStringTag]: tag })
}
