import { and, inArray, isNull } from 'drizzle-orm'
import { createPasswords } from 'trestle/auth'
import { firstCustomers } from './seed.ts'
import type { Backend } from './tables.ts'

/** What those log in with who are there from the start. Nothing of it is written somewhere: who starts the shop says it. */
export interface FirstPasswords {
  readonly staff: string | undefined
  readonly customers: string | undefined
}

/**
 * Gives them to those of the first accounts who have no password yet. Of several processes that start at once, one does
 * it: the others find nobody without.
 *
 * @returns whether it did, for staff and for customers.
 */
export async function givePasswords(
  { writer, tables: { customers, staff } }: Backend,
  given: FirstPasswords,
): Promise<Readonly<Record<keyof FirstPasswords, boolean>>> {
  const customersWithout = and(isNull(customers.password_hash), inArray(customers.email, [...firstCustomers]))
  const staffWithout = isNull(staff.password_hash)
  const gave = { staff: false, customers: false }
  if (given.staff !== undefined && (await writer.select().from(staff).where(staffWithout)).length > 0) {
    const set = { password_hash: await hashOf(given.staff) }
    gave.staff = (await writer.update(staff).set(set).where(staffWithout).returning()).length > 0
  }
  if (given.customers !== undefined && (await writer.select().from(customers).where(customersWithout)).length > 0) {
    const set = { password_hash: await hashOf(given.customers) }
    gave.customers = (await writer.update(customers).set(set).where(customersWithout).returning()).length > 0
  }
  return gave
}

async function hashOf(password: string): Promise<string> {
  return (await createPasswords()).hash(password)
}
