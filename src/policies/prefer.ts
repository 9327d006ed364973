import { type Dependency, depends } from '../contract/depends.ts'
import type { Reply } from '../contract/hooks.ts'
import { type Policy, policy } from '../contract/policy.ts'
import { addVary } from '../contract/vary.ts'
import { type Preferences, readPreferences } from './preferences.ts'

/** What the caller would rather have, for handlers: `use: { preferences }`. */
export const preferences: Dependency<Preferences> = depends({}, ({ request }) =>
  readPreferences(request.header('prefer')),
)

/** What is said of a body, and goes with it. */
const OF_BODY = ['content-type', 'content-disposition', 'content-language', 'content-location', 'content-encoding']

/**
 * Lets callers of a write say what they want to have back, with `Prefer` (RFC 7240 §4.2): after `return=minimal` a reply
 * of 200 is 204, and one of 201 has no body. Replies say what was done in `Preference-Applied`. Reads stay as they are.
 *
 * @example
 * post('/', { body: OrderIn, returns: created(Order), policies: [prefer()] }, …)
 */
export function prefer(): Policy {
  const description = '`return=minimal` to have nothing back, `return=representation` to have what was written'
  return policy(
    'prefer',
    {
      isOnce: true,
      isOfWrites: true,
      isMinimal: true,
      requestHeaders: { Prefer: { schema: { type: 'string', description } } },
      replyHeaders: { 'Preference-Applied': { type: 'string', description: 'What was done of what `Prefer` said' } },
    },
    () => ({ encode: ({ request }, reply) => apply(request.header('prefer'), reply) }),
  )
}

function apply(text: string | undefined, reply: Reply): undefined {
  const { status, body } = reply
  if (status !== 200 && status !== 201 && status !== 204) return
  addVary(reply, 'Prefer')
  const wanted = text === undefined ? undefined : readPreferences(text).return
  if (wanted === undefined) return
  // What comes in pieces has begun to be made.
  const isWhole = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  if (wanted === 'representation' ? body === undefined : !isWhole) return
  if (wanted === 'minimal') {
    reply.body = undefined
    if (status === 200) reply.status = 204
    for (const name of OF_BODY) reply.remove(name)
  }
  tell(reply, `return=${wanted}`)
}

/** Beside what a handler says that it did; a reply that comes again says it already. */
function tell(reply: Reply, applied: string): void {
  const before = reply.header('preference-applied')
  const others = before?.split(',').flatMap((one) => (/^\s*return\s*=/i.test(one) ? [] : [one.trim()])) ?? []
  reply.set('preference-applied', [...others, applied].join(', '))
}
