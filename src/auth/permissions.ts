import { Forbidden, NotFound } from '../contract/problems.ts'

/**
 * Whether somebody may do a thing to an object: true, false, or `'hidden'` where they must not even know of it, such as
 * of another tenant's.
 */
export type Rule = (user: never, object: never) => boolean | 'hidden'

/** What rules allow. */
export interface Permissions<R extends Readonly<Record<string, Rule>>> {
  readonly can: <const K extends keyof R>(may: K, user: Parameters<R[K]>[0], object: Parameters<R[K]>[1]) => boolean
  /**
   * Gives the object where it is there, and somebody may.
   *
   * @throws {Problem} `NotFound` where there is no object, or it is hidden: the two look the same. `Forbidden` where
   * somebody may not.
   */
  readonly check: <const K extends keyof R, O extends Parameters<R[K]>[1]>(
    may: K,
    user: Parameters<R[K]>[0],
    object: O | null | undefined,
  ) => O
}

/**
 * What who may do with an object, by name: plain functions of your own types.
 *
 * @example
 * const may = permissions({
 *   'orders.read': (user: User, order: Order) => (order.tenant === user.tenant ? order.owner === user.id : 'hidden'),
 * })
 * const order = may.check('orders.read', user, await orders.find(params.id))
 */
export function permissions<const R extends Readonly<Record<string, Rule>>>(rules: R): Permissions<R> {
  const ask = (may: keyof R, user: unknown, object: unknown): boolean | 'hidden' => {
    if (!Object.hasOwn(rules, may)) throw new TypeError(`permissions: there is no "${String(may)}"`)
    const allowed = (rules[may] as Rule)(user as never, object as never)
    // A promise, or anything else that seems to be true, must not let anybody in.
    if (typeof allowed === 'boolean' || allowed === 'hidden') return allowed
    throw new TypeError(`permissions: "${String(may)}" gives ${typeof allowed}: give true, false or 'hidden'`)
  }
  return {
    can: (may, user, object) => ask(may, user, object) === true,
    check: (may, user, object) => {
      const allowed = object === null || object === undefined ? 'hidden' : ask(may, user, object)
      if (allowed === 'hidden') throw NotFound()
      if (!allowed) throw Forbidden()
      return object as NonNullable<typeof object>
    },
  }
}
