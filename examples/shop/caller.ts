import { type Column, type SQL, eq } from 'drizzle-orm'
import { type Dependency, Forbidden, type Policy, depends } from 'trestle'
import { permissions } from 'trestle/auth'
import { rateLimit } from 'trestle/policies'
import { customerOf, staffOf } from './database/accounts.ts'
import { shown } from './login.ts'

/** Who is calling, whatever they have shown: one of the staff, or a customer. */
export type Caller =
  | { readonly isStaff: true; readonly customerId: undefined }
  | { readonly isStaff: false; readonly customerId: number }

/** The caller, who needs these scopes, if any. To which things they give a right, `may` says. */
export function caller(...scopes: readonly string[]): Dependency<Caller> {
  return depends(
    { shown: scopes.length === 0 ? shown : shown.scopes(...scopes) },
    ({ shown }): Caller => {
      const account = shown.is === 'key' ? shown.value.owner : shown.value.id
      const customerId = customerOf(account)
      if (customerId !== undefined) return { isStaff: false, customerId }
      if (staffOf(account) !== undefined) return { isStaff: true, customerId: undefined }
      // A key that the command line has made for an owner who is no account of the shop.
      throw Forbidden({ detail: 'This key belongs to no customer' })
    },
    { throws: [Forbidden] },
  )
}

/** The rows that are the caller's own; for staff, all. */
export const rowsOf = (caller: Caller, owner: Column): SQL | undefined =>
  caller.isStaff ? undefined : eq(owner, caller.customerId)

const ownOrAny = (caller: Caller, owner: number): true | 'hidden' =>
  caller.isStaff || owner === caller.customerId || 'hidden'

/** Staff work with what is anybody's, customers with their own. Nothing tells a customer of the rest. */
export const may = permissions({
  customer: (caller: Caller, customer: { readonly id: number }) => ownOrAny(caller, customer.id),
  order: (caller: Caller, order: { readonly customer_id: number }) => ownOrAny(caller, order.customer_id),
  key: (caller: Caller, key: { readonly owner: string }) => ownOrAny(caller, customerOf(key.owner) ?? 0),
})

/** Limits each customer, together with their keys. Staff are not limited: they take the orders of others. */
export function perCustomer(quota: string): Policy {
  return rateLimit(({ principal }) => (principal?.id.startsWith('account:staff:') ? undefined : quota))
}
