import type { Reply } from '../contract/hooks.ts'
import { type Policy, type PolicyContext, type PolicyContract, policy } from '../contract/policy.ts'
import { judge } from './conditions.ts'
import { type Digest, createDigest } from './digest.ts'
import { PreconditionFailed } from './preconditions.ts'

/** What callers see of replies that are validated. */
export const VALIDATED: PolicyContract = {
  throws: [PreconditionFailed],
  requestHeaders: {
    'If-None-Match': { schema: { type: 'string', description: 'The `ETag` of what the caller has' } },
  },
  replyHeaders: { ETag: { type: 'string', description: 'The version of this; another one means that it differs' } },
  replies: { 304: { description: 'What the caller has is what there is' } },
}

/**
 * Gives each reply an `ETag`, made from its content where the handler states none, and answers 304 to who has that
 * already: `If-None-Match` and `If-Modified-Since`, as RFC 9110 §13.2.2 has them. A handler that knows the version
 * beforehand need not make the reply: `preconditions.check({ version })` answers for it.
 *
 * @example
 * get('/{id}', { returns: Product, policies: [etag()] }, …)
 */
export function etag(): Policy {
  const contract: PolicyContract = { ...VALIDATED, isOnce: true, check: onlyGet }
  return policy('etag', contract, () => {
    const digest = createDigest()
    return { encode: (context, reply) => validate(context, reply, digest) }
  })
}

/** What stands on an endpoint that reads. */
export function onlyGet({ method }: { readonly method: string }): readonly { what: string; mend: string }[] {
  if (method === 'GET' || method === 'HEAD') return []
  return [{ what: `is for replies to GET, and this endpoint is ${method}`, mend: 'put it on endpoints that read' }]
}

/**
 * Gives a successful reply its tag, and makes a 304 of it where the caller has it. Conditions hold for nothing else
 * (RFC 9110 §13.2.1).
 *
 * @throws PreconditionFailed
 */
export function validate(context: PolicyContext, reply: Reply, digest: Digest): undefined | Promise<undefined> {
  if (reply.status < 200 || reply.status > 299) return undefined
  const tagged = tag(reply, digest)
  if (tagged instanceof Promise) return tagged.then(() => conclude(context, reply))
  return conclude(context, reply)
}

/** Sets a strong tag; what comes in pieces has none. */
export function tag(reply: Reply, digest: Digest): void | Promise<void> {
  const { body } = reply
  if (reply.header('etag') !== undefined || !(typeof body === 'string' || body instanceof Uint8Array)) return
  const made = digest(body)
  if (made instanceof Promise) return made.then((text) => void reply.set('etag', `"${text}"`))
  reply.set('etag', `"${made}"`)
}

/** What a 304 says nothing of: the caller has it (RFC 9110 §15.4.5). */
const OF_CONTENT = ['content-type', 'content-encoding', 'content-language', 'content-range', 'content-disposition']

function conclude({ request }: PolicyContext, reply: Reply): undefined {
  const fields = { etag: reply.header('etag'), lastModified: reply.header('last-modified') }
  const verdict = judge({ method: request.method, header: (name) => request.header(name) }, fields)
  if (verdict === 412) {
    throw PreconditionFailed({ headers: fields.etag === undefined ? {} : { etag: fields.etag } })
  }
  if (verdict === 'go on') return
  letGo(reply.body)
  reply.status = 304
  reply.body = undefined
  for (const name of OF_CONTENT) reply.remove(name)
}

/** Tells the source of a body in pieces that nobody reads it. What it throws then is of interest to nobody. */
function letGo(body: unknown): void {
  const leave = async (): Promise<void> => {
    if (body instanceof ReadableStream) await body.cancel()
    // What begins anew with each iteration is asked for one, as who sends it would.
    else await (body as Partial<AsyncIterable<unknown>> | undefined)?.[Symbol.asyncIterator]?.().return?.()
  }
  leave().catch(() => {})
}
