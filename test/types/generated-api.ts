/** Programs to measure the cost of types with: many endpoints of the shapes that APIs are made of. */

const SCHEMAS = (key: string): string => `
const Item${key} = z.object({ sku: z.string(), qty: z.int() })
const In${key} = z.object({ customer_id: z.int(), items: z.array(Item${key}), notes: z.string().optional() })
const Out${key} = In${key}.extend({ id: z.string(), status: z.enum(['open', 'paid']) })
const Id${key} = z.object({ id: z.string() })
const Filter${key} = z.object({ status: z.string().optional() })
`

const PREAMBLE = `import { api, created, del, depends, get, group, noContent, page, post, problem, put } from 'trestle'
import { z } from 'zod'
const db = depends({}, () => ({ count: (x: string) => x.length }), { scope: 'app' })
const Missing = problem('missing', { status: 404, extra: z.object({ id: z.string() }) })
declare const store: { count: (x: string) => number }
`

const GROUP = (index: number, key: string): string => `
export const g${index} = group('/g${index}', {
  list: get('/', { query: page.cursor({ status: Filter${key}.shape.status }), returns: page.of(Out${key}), use: { db } },
    ({ query, db }) => ({ items: [], next_cursor: String(db.count(query.cursor ?? '')) })),
  create: post('/', { body: In${key}, returns: created(Out${key}), throws: [Missing], use: { db } },
    async ({ body, db }) => ({ ...body, id: String(db.count('x')), status: 'open' })),
  read: get('/{id}', { params: Id${key}, returns: Out${key}, use: { db } },
    ({ params }) => { throw Missing({ id: params.id }) }),
  replace: put('/{id}', { params: Id${key}, body: In${key}, returns: Out${key} },
    ({ params, body }) => ({ ...body, id: params.id, status: 'paid' })),
  remove: del('/{id}', { returns: noContent(), use: { db } }, ({ params, db }) => { db.count(params.id) }),
})
`

/** The same handlers without Trestle: what zod's own inference costs. */
const PLAIN = (index: number): string => `
export const g${index} = {
  list: (query: { cursor?: string } & z.output<typeof Filter${index}>): { items: z.output<typeof Out${index}>[], next_cursor: string } =>
    ({ items: [], next_cursor: String(store.count(query.cursor ?? '')) }),
  create: async (body: z.output<typeof In${index}>): Promise<z.output<typeof Out${index}>> =>
    ({ ...body, id: String(store.count('x')), status: 'open' }),
  read: (params: z.output<typeof Id${index}>): z.output<typeof Out${index}> => { throw Missing({ id: params.id }) },
  replace: (params: z.output<typeof Id${index}>, body: z.output<typeof In${index}>): z.output<typeof Out${index}> =>
    ({ ...body, id: params.id, status: 'paid' }),
  remove: (params: { id: string }) => { store.count(params.id) },
}
`

/** `shared`: endpoints share their schemas. `own`: each group has its own. `plain`: own schemas, no Trestle. */
export type Form = 'shared' | 'own' | 'plain'

/** Endpoints in a group of a generated program. */
export const PER_GROUP = 5

/** A program of `endpoints` endpoints, five to a group. */
export function generatedApi(endpoints: number, form: Form): string {
  const indexes = Array.from({ length: endpoints / PER_GROUP }, (_, index) => index)
  const groups = indexes.map((index) => {
    if (form === 'shared') return GROUP(index, '')
    return SCHEMAS(String(index)) + (form === 'own' ? GROUP(index, String(index)) : PLAIN(index))
  })
  const names = indexes.map((index) => `g${index}`).join(', ')
  const end = form === 'plain' ? '' : `\nexport const shop = api({ title: 'Generated' }, { ${names} })\n`
  return PREAMBLE + (form === 'shared' ? SCHEMAS('') : '') + groups.join('') + end
}
