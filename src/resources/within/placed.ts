import { EncodedPage } from '../../contract/encoded-page.ts'
import { type ResourceContext, pick } from '../context.ts'
import type { ResourceVerb } from '../resource-options.ts'
import type { Within } from './within.ts'

type Handler = (context: ResourceContext) => unknown
export type Handlers = Readonly<Record<ResourceVerb, Handler>>
type Row = Readonly<Record<string, unknown>>

/**
 * Handlers of rows that are in others. Where no row is touched, so that none could be missing, it is looked whether those
 * others are there.
 */
export function placed({ placed: at, check, model }: Within, handlers: Handlers): Handlers {
  const alone =
    (handler: Handler): Handler =>
    (context) =>
      handler(at(context))
  const checked =
    (handler: Handler, database: 'db' | 'tx'): Handler =>
    async (context) => {
      const own = at(context)
      await check(own[database], own)
      return handler(own)
    }
  /** Items have their whole key, of which the path may say a part. */
  const keyed = (handler: Handler): Handler => {
    const inPath = model.facts.key.filter(
      (name) => !Object.hasOwn((model.params as never as { shape: object }).shape, name),
    )
    if (inPath.length === 0) return handler
    return (context) => {
      const known = pick(context.fixed as Row, inPath)
      const items = (context.body.items as readonly Row[]).map((item) => ({ ...item, ...known }))
      return handler({ ...context, body: { ...context.body, items } })
    }
  }
  return {
    list: async (context) => {
      const own = at(context)
      const page = await handlers.list(own)
      if (isEmpty(page)) await check(own.db, own)
      return page
    },
    read: alone(handlers.read),
    export: checked(handlers.export, 'db'),
    create: checked(handlers.create, 'tx'),
    replace: alone(handlers.replace),
    update: alone(handlers.update),
    remove: alone(handlers.remove),
    createMany: checked(handlers.createMany, 'tx'),
    updateMany: checked(keyed(handlers.updateMany), 'tx'),
    removeMany: checked(keyed(handlers.removeMany), 'tx'),
    import: checked(handlers.import, 'tx'),
  }
}

/** True for a page without rows, such as that of a row which is not there: nothing else tells the two apart. */
function isEmpty(page: unknown): boolean {
  if (page instanceof EncodedPage && page.text !== undefined) return page.text === '[]'
  return (page as { readonly items: readonly unknown[] }).items.length === 0
}
