import { NotFound, created, get, group, page, post, problem } from 'trestle'
import { z } from 'zod'
import { after } from './cursor.ts'
import { CustomerId, Email, Text, Timestamp } from './fields.ts'
import { missing } from './refusal.ts'
import { store } from './store.ts'

export const CustomerIn = z
  .object({ name: Text(100), email: Email })
  .meta({ id: 'CustomerIn', examples: [{ name: 'Grace Mbeki', email: 'grace@mbeki.example' }] })

/** What leaves: not the column `credit_note`, which is for the shop's own people. */
export const Customer = z
  .object({ id: CustomerId, ...CustomerIn.shape, created_at: Timestamp })
  .meta({ id: 'Customer' })

export const EmailTaken = problem('email_taken', { status: 409, title: 'A customer has this address already' })

const about = { description: 'Who orders.' }

export const customers = group('/customers', about, {
  list: get(
    '/',
    { summary: 'List customers', query: page.cursor(), returns: page.of(Customer), use: { store } },
    ({ query, store }) => store.customers.page(query.limit, after(query.cursor, z.coerce.number().pipe(CustomerId))),
  ),

  create: post(
    '/',
    { summary: 'Add a customer', body: CustomerIn, returns: created(Customer), throws: [EmailTaken], use: { store } },
    ({ body, store }) =>
      store.transaction(async ({ customers }) => {
        const customer = await customers.insert(body)
        if (!customer) throw EmailTaken()
        return customer
      }),
  ),

  read: get(
    '/{id}',
    {
      summary: 'Read a customer',
      params: z.object({ id: CustomerId }),
      returns: Customer,
      throws: [NotFound],
      use: { store },
    },
    async ({ params, store }) => {
      const customer = await store.customers.find(params.id)
      if (!customer) throw missing(`customer ${params.id}`)
      return customer
    },
  ),
})
