import type { Acceptance } from '../compile/accept.ts'
import { NotAcceptable } from '../contract/problems.ts'
import { addVary } from '../contract/vary.ts'
import type { Exchange } from './exchange.ts'
import type { Answer } from './onion.ts'
import type { WireReply } from './reply.ts'

/**
 * Refuses who accepts nothing of what an endpoint gives, before the handler has an effect that nobody could read.
 *
 * @throws NotAcceptable (RFC 9110 §15.5.7)
 */
export function checkAccept(x: Exchange, { best, mediaTypes }: Acceptance): void {
  if (best(x.request.header('accept')) !== -1) return
  const names = mediaTypes.map((one) => one.split(';', 1)[0])
  throw NotAcceptable({ detail: `This is given as ${names.join(', ')}` })
}

/** Every reply of an endpoint whose callers choose depends on what they accept, failures too (RFC 9110 §12.5.5). */
export function vary(x: Exchange): void {
  addVary(x.reply as WireReply, 'Accept')
}

/** The same for what middleware answers by itself. */
export function varied(answer: Answer): Answer {
  const add = (reply: WireReply): WireReply => {
    addVary(reply, 'Accept')
    return reply
  }
  return (x) => {
    const reply = answer(x)
    return reply instanceof Promise ? reply.then(add) : add(reply)
  }
}
