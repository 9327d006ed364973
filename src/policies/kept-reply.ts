import { type StatedReply, reply } from '../contract/reply-spec.ts'
import type { KeptReply } from './replay-store.ts'

/** A reply that was kept, to be given again. */
export function toStated({ status, headers, body }: KeptReply): StatedReply {
  const all: Record<string, string | string[]> = {}
  for (const [name, value] of headers) {
    const before = all[name]
    all[name] = before === undefined ? value : [before, value].flat()
  }
  return reply(status, body, all)
}
