import { type SQLWrapper, eq, sql } from 'drizzle-orm'
import { api, group } from 'trestle'
import { basic, passwords } from 'trestle/auth'
import { many, model, one, resource } from 'trestle/resources'
import { z } from 'zod'
import { db } from './database.ts'
import * as tables from './schema/schema.ts'

/** Who holds the card, by its number and PIN. */
const me = basic(
  { db, passwords },
  async ({ username, password }, { db, passwords }) => {
    const [found] = await db.select().from(tables.member).where(eq(tables.member.card_no, username))
    return (await passwords.verify(found?.pin_hash, password)) ? found : undefined
  },
  { realm: 'library', principal: (me) => `member:${me.member_id}`, scopesOf: (me) => (me.is_staff ? ['staff'] : []) },
)
type Me = { me: typeof tables.member.$inferSelect }

/** A member has the rows with their number, and staff all. */
const mine = (number: SQLWrapper) => ({
  use: { me },
  visible: ({ me }: Me) => (me.is_staff ? undefined : eq(number, me.member_id)),
})

const { branch, publisher, author, subject, title, title_author, title_subject } = tables
const copy = model(tables.copy, { schemas: { acquired_on: z.iso.date() } })
const member = model(tables.member, { hide: ['pin_hash'], ...mine(tables.member.member_id) })
const loan = model(tables.loan, { schemas: { due_on: z.iso.date() }, ...mine(tables.loan.member_id) })
const fine = model(tables.fine, mine(sql`(select member_id from loan where loan_id = ${tables.fine.loan_id})`))
const hold = model(tables.hold, {
  ...mine(tables.hold.member_id),
  readOnly: ['placed_at'],
  owned: { member_id: ({ me }) => me.member_id },
})
/** Anybody reads reviews; who wrote one may change it. */
const review = model(tables.review, {
  use: { me: me.optional() },
  readOnly: ['written_at'],
  owned: { member_id: ({ me }) => me?.member_id ?? 0 },
  changeable: ({ me }) => eq(tables.review.member_id, me?.member_id ?? 0),
})

const byStaff = { db, writes: { security: me.scopes('staff') } }
const byMembers = { db, writes: { security: me } }

export default api(
  { title: 'Riverside Public Library', version: '1.0.0' },
  {
    branches: group('/branches', resource(branch, byStaff)),
    publishers: group('/publishers', resource(publisher, byStaff)),
    authors: group('/authors', resource(author, { ...byStaff, filter: ['last_name'], sort: ['last_name'] })),
    subjects: group('/subjects', resource(subject, { ...byStaff, filter: ['parent_code'] })),
    titles: group(
      '/titles',
      resource(title, {
        ...byStaff,
        filter: ['isbn', 'publisher_id', 'published'],
        sort: ['name', 'published'],
        search: { columns: ['name', 'subtitle'], fts5: 'title_words' },
        expand: {
          publisher: one(publisher),
          authors: many(title_author, { expand: { author: one(author) } }),
          subjects: many(title_subject, { expand: { subject: one(subject) } }),
          copies: many(copy, { expand: { branch: one(branch) } }),
        },
      }),
    ),
    copies: group('/copies', resource(copy, { ...byStaff, filter: ['status'], expand: { title: one(title) } })),
    members: group('/members', resource(member, byStaff)),
    loans: group(
      '/loans',
      resource(loan, {
        ...byStaff,
        filter: ['due_on'],
        expand: { copy: one(copy, { expand: { title: one(title) } }), fines: many(fine) },
      }),
    ),
    fines: group('/fines', resource(fine, { ...byStaff, expand: { loan: one(loan) } })),
    holds: group('/holds', resource(hold, { db, expand: { title: one(title), pickup: one(branch) } })),
    reviews: group('/reviews', resource(review, { ...byMembers, filter: ['title_id', 'stars'] })),
  },
)
