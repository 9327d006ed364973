import { Forbidden, NotFound, created, group, patch, post, problem } from 'trestle'
import { passwords } from 'trestle/auth'
import { rateLimit } from 'trestle/policies'
import { resource } from 'trestle/resources'
import { z } from 'zod'
import { type Caller, caller, may, perCustomer } from './caller.ts'
import { accountOf } from './database/accounts.ts'
import { CustomerId, Email, Text } from './fields.ts'
import { sessions, shown } from './login.ts'
import { customer } from './models.ts'
import { refusedField } from './refusal.ts'
import { type Shelves, db, tx } from './store.ts'

const CustomerIn = z.object({ name: Text(100), email: Email })

const Password = z.string().min(12).max(200)

export const SignUp = CustomerIn.extend({ password: Password }).meta({
  id: 'SignUp',
  examples: [{ name: 'Grace Mbeki', email: 'grace@mbeki.example', password: 'three words of mine' }],
})

export const CustomerPatch = z
  .object({ name: Text(100), password: Password, current_password: z.string().max(200) })
  .partial()
  .meta({ id: 'CustomerPatch', examples: [{ name: 'Grace M. Mbeki' }] })

const Customer = customer.row

const rows = resource(customer, { db, reads: { security: shown.scopes('customers:read') } })

export const EmailTaken = problem('email_taken', { status: 409, title: 'A customer has this address already' })

export const WrongPassword = problem('wrong_password', {
  status: 403,
  title: 'A new password needs the current one beside it',
})

const params = z.object({ id: CustomerId })

const about = { description: 'Who orders.' }

export const customers = group('/customers', about, {
  list: rows.list,
  read: rows.read,

  create: post(
    '/',
    {
      summary: 'Become a customer',
      description: 'Who has done so logs in with the address and the password.',
      security: 'public',
      body: SignUp,
      returns: created(Customer),
      throws: [EmailTaken],
      use: { passwords, tx },
      policies: [rateLimit('30/hour')],
    },
    async ({ body: { password, ...customer }, passwords, tx }) => {
      const made = await tx.customers.insert({ ...customer, password_hash: await passwords.hash(password) })
      if (!made) throw EmailTaken()
      return made
    },
  ),

  update: patch(
    '/{id}',
    {
      summary: 'Change a customer',
      description:
        'A new password ends all logins. Customers give the current one, `current_password`; staff need not.',
      params,
      body: CustomerPatch,
      returns: Customer,
      throws: [NotFound, WrongPassword],
      use: { tx, passwords, sessions, caller: caller('customers:write') },
      policies: [perCustomer('10/minute')],
    },
    async ({ params: { id }, body: { name, password, current_password = '' }, tx, passwords, sessions, caller }) => {
      const customer = may.check('customer', caller, await tx.customers.find(id))
      const change = { name: name ?? customer.name }
      if (password === undefined) return tx.customers.update(id, change)
      // Who has found a login that is open must not be able to keep it.
      const isKnown = caller.isStaff || (await passwords.verify(customer.password_hash ?? undefined, current_password))
      if (!isKnown) throw WrongPassword()
      const changed = await tx.customers.update(id, { ...change, password_hash: await passwords.hash(password) })
      await sessions.endAll(accountOf(id))
      return changed
    },
  ),
})

/** The customer for whom something is made: whoever calls, or whom staff name. */
export async function customerFor(caller: Caller, named: number | undefined, store: Shelves): Promise<number> {
  const id = named ?? caller.customerId
  if (id === undefined) throw refusedField('/body/customer_id', 'required', 'Say for which customer')
  if (!may.can('customer', caller, { id })) throw Forbidden({ detail: 'Only staff may name another customer' })
  if (!(await store.customers.find(id))) {
    throw refusedField('/body/customer_id', 'unknown', 'There is no such customer')
  }
  return id
}
