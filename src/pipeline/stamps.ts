import type { Stamp } from '../contract/stamp.ts'
import type { Exchange } from './exchange.ts'
import type { Answer } from './onion.ts'
import type { WireReply } from './reply.ts'

/** Puts a stamp around what answers: without a promise of its own where that has none. */
export function stamped({ id, fields }: Stamp, inner: Answer): Answer {
  const end = (x: Exchange, reply: WireReply): WireReply => {
    const given = fields(x.request, x.request.id)
    return id === undefined ? reply.addMissing(given) : reply.setKnown(given)
  }
  return (x) => {
    if (id !== undefined) x.request.id ??= id(x.request)
    const reply = inner(x)
    return reply instanceof Promise ? reply.then((given) => end(x, given)) : end(x, reply)
  }
}

/** Stamps a reply to something that never became a request. */
export function stampRefusal(stamps: readonly Stamp[], reply: WireReply): WireReply {
  const given = stamps.find(({ id }) => id !== undefined)?.id?.(undefined)
  for (const { fields } of stamps) reply.addMissing(fields(undefined, given))
  return reply
}
