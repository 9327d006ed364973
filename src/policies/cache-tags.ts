import { type Dependency, depends } from '../contract/depends.ts'
import type { Reply } from '../contract/hooks.ts'
import { paramNames } from '../contract/path.ts'
import { plainPath } from '../contract/plain-path.ts'
import { type CheckedEndpoint, type Policy, type PolicyContext, type PolicyFault, policy } from '../contract/policy.ts'
import { cacheStore } from './cache-store.ts'
import { again, telling } from './store-away.ts'

/** Milliseconds of the longest pause between two tries: somebody waits, be it who stops the server. */
const PATIENCE = 3000

/**
 * Names of what replies are made of: `'products'`, `'product:{id}'` with a parameter of the path, or a function that
 * gives them.
 */
export type Tags = readonly string[] | ((context: PolicyContext) => readonly string[])

const PARAM = /\{(\w+)\}/g

/** The tags of a request, each once, in their order. What is at its address is one of them. */
export function tagging(tags: Tags): (context: PolicyContext) => readonly string[] {
  return (context) => {
    const params = context.params as Readonly<Record<string, unknown>> | undefined
    const named =
      typeof tags === 'function'
        ? tags(context)
        : tags.map((tag) => tag.replace(PARAM, (_, name: string) => String(params?.[name])))
    return [...new Set([`path:${context.request.path}`, ...named])].sort()
  }
}

/** What tags name that the path does not have. */
export function checkTags(tags: Tags, { path }: CheckedEndpoint): readonly PolicyFault[] {
  if (typeof tags === 'function') return []
  const known = paramNames(path)
  return tags.flatMap((tag) =>
    Array.from(tag.matchAll(PARAM), ([, name = '']) => name)
      .filter((name) => !known.includes(name))
      .map((name) => ({
        what: `has the tag "${tag}", and the path has no {${name}}`,
        mend: known.length === 0 ? 'give a function, or a tag without it' : `use one of ${known.join(', ')}`,
      })),
  )
}

/** For handlers: tells that what they changed is not to be given as it was. */
export interface CacheTags {
  /**
   * Nothing that has one of these tags is given any more, by no process, once this is done. Call it when the change is
   * there for others to read: after the commit.
   *
   * @throws {StoreAway} where the store is away for longer than a few seconds.
   */
  readonly invalidate: (...tags: readonly string[]) => Promise<void>
}

/**
 * What invalidates replies that `cached()` keeps.
 *
 * @example
 * post('/import', { use: { cacheTags } }, async ({ cacheTags }) => {
 *   await importAll()
 *   await cacheTags.invalidate('products')
 * })
 */
export const cacheTags: Dependency<CacheTags> = depends(
  { cache: cacheStore },
  ({ cache }) => ({
    invalidate: async (...tags: readonly string[]) => {
      if (tags.length > 0) await again(() => cache.invalidate(tags), PATIENCE)
    },
  }),
  { scope: 'app', name: 'cache-tags' },
)

/** What is at the addresses that the reply names (RFC 9111 §4.4). */
function elsewhere({ request }: PolicyContext, reply: Reply): string[] {
  const base = `http://own${request.prefix}${request.path}`
  return [reply.header('location'), reply.header('content-location')].flatMap((address) => {
    if (address === undefined || !URL.canParse(address, base)) return []
    const { pathname } = new URL(address, base)
    const path = pathname.startsWith(request.prefix) ? pathname.slice(request.prefix.length) : pathname
    // However its letters are escaped, as that of a request is.
    return [`path:${plainPath(path)}`]
  })
}

/**
 * True where nothing was changed. A failure of the server may have come after the change, such as a connection that broke
 * while it was committed; and of a reply that is given again nobody knows whether the first time got this far.
 */
function isWithoutEffect({ status }: Reply, { handled }: PolicyContext): boolean {
  return status >= 400 && (status < 500 || !handled)
}

/**
 * Has a change seen at once: where it succeeds, or may have, no reply that `cached()` keeps at the same address, at those
 * of `Location` and `Content-Location`, or with one of these tags, is given any more (RFC 9111 §4.4). Endpoints of a group
 * that only read are left alone.
 *
 * @throws {TypeError} for a tag that is empty.
 * @example
 * put('/{id}', { policies: [invalidates('products', 'product:{id}')], … }, …)
 */
export function invalidates(...tags: readonly string[] | [(context: PolicyContext) => readonly string[]]): Policy {
  const given: Tags = typeof tags[0] === 'function' ? tags[0] : (tags as readonly string[])
  if (typeof given !== 'function' && given.includes('')) throw new TypeError('invalidates: a tag is not empty')
  const tagsOf = tagging(given)
  return policy(
    'invalidates',
    { isOfWrites: true, check: (endpoint) => checkTags(given, endpoint) },
    ({ report }) => {
      const away = telling(report)
      return {
        record: async (context, reply, { cache }) => {
          if (isWithoutEffect(reply, context)) return
          const changed = [...tagsOf(context), ...elsewhere(context, reply)]
          const tell = (): void | Promise<void> => cache.invalidate(changed)
          // A transaction that is a dependency commits after the reply: who read before that kept what was.
          context.background(() => again(tell, PATIENCE))
          try {
            await tell()
          } catch (error) {
            // It is done, and its caller is told so. The task above tries again.
            away(error)
          }
        },
      }
    },
    { cache: cacheStore },
  )
}
