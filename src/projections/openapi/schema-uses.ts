import { contentOf, contentsOf } from '../../contract/formats.ts'
import { isMultipartForm } from '../../contract/multipart.ts'
import { namedFields } from '../../contract/query-fields.ts'
import type { ReplySpec, Returns } from '../../contract/reply-spec.ts'
import type { Operation } from '../../contract/walk.ts'
import { faultsOf } from '../../compile/faults.ts'
import { pascal } from './json-schema.ts'

/** A schema where an operation uses it, and what to call it where it has no name of its own. */
export interface SchemaUse {
  readonly schema: object
  /** In PascalCase: `OrdersCreateBody`. */
  readonly hint: string
  /** For messages: `the body of orders.create`. */
  readonly place: string
  /** Whether it stands for a whole body or an item of one, and so may be named after the operation. */
  readonly role: 'whole' | 'item' | 'part'
}

/** Every schema that an operation's description draws on. */
export function schemaUses(operation: Operation): SchemaUse[] {
  const { id, spec } = operation
  const uses: SchemaUse[] = []
  const add = (schema: unknown, hint: string, place: string, role: SchemaUse['role'] = 'part'): void => {
    if (schema !== undefined && schema !== null)
      uses.push({ schema: schema as object, hint: pascal(id, hint), place, role })
  }
  add(spec.params, 'params', `the params of ${id}`)
  const named = spec.query === undefined ? undefined : namedFields(spec.query)
  if (named !== undefined) {
    for (const [name, field] of Object.entries(named)) add(field, `query.${name}`, `the query of ${id}`)
  } else add(spec.query, 'query', `the query of ${id}`)
  add(spec.headers, 'headers', `the headers of ${id}`)
  add(spec.cookies, 'cookies', `the cookies of ${id}`)
  for (const [index, { schema }] of (spec.body === undefined ? [] : contentsOf(spec.body)).entries()) {
    const name = index === 0 ? 'body' : `body.${index + 1}`
    if (isMultipartForm(schema)) {
      for (const [field, one] of Object.entries(schema.texts.fields)) add(one, `${name}.${field}`, `the body of ${id}`)
    } else add(schema, name, `the body of ${id}`, 'whole')
  }
  for (const [index, reply] of repliesOf(spec.returns).entries()) {
    const hint = index === 0 ? 'reply' : `reply.${reply.status}`
    add(reply.headers, `${hint}.headers`, `the reply headers of ${id}`)
    if (reply.body === undefined || reply.body === 'location') continue
    const content = contentOf(reply.body)
    const isOfItems = content.kind === 'cursor' || content.kind === 'offset' || content.kind === 'rows'
    add(content.schema, isOfItems ? 'item' : hint, `the ${reply.status} reply of ${id}`, isOfItems ? 'item' : 'whole')
  }
  for (const fault of faultsOf(operation)) add(fault.extra, `${fault.code}.extra`, `the problem ${fault.code} of ${id}`)
  return uses
}

/** What `returns` declares, as a list of replies. */
export function repliesOf(returns: Returns | undefined): ReplySpec[] {
  if (returns === undefined) return []
  const list = (Array.isArray(returns) ? returns : [returns]) as readonly unknown[]
  return list.map((one) =>
    (one as Partial<ReplySpec>).is === 'reply' ? (one as ReplySpec) : { is: 'reply', status: 200, body: one },
  )
}
