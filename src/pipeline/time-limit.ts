import { HandlerTimeout, RequestTimeout } from '../contract/problems.ts'
import type { Exchange } from './exchange.ts'
import type { Answer } from './onion.ts'
import { letGo } from './pieces.ts'
import type { WireReply } from './reply.ts'
import type { Failing } from './advance.ts'

/** Milliseconds that middleware has for the reply to a request whose time is up. */
const GRACE = 1000

/**
 * The reply, or 503 when it takes too long. What still runs is told by the signal. Middleware around it has the 503 as
 * it has any reply, and a second for it; what holds that up, before the handler or after, is passed by.
 *
 * The time for which the body is waited for does not count. It is the caller's, as the wire allows: counted, a slow
 * upload would be a failure of the server, and anybody could fill its log. Where no wire sees to that, a body that takes
 * as long as the handler may is 408.
 */
export function inTime(x: Exchange, reply: Promise<WireReply>, timeout: number, failing: Failing): Promise<WireReply> {
  return new Promise((resolve) => {
    let late = false
    /** Milliseconds of the body's that were put to the limit. */
    let granted = 0
    let isConcluding = false
    const look = (): void => {
      const { bodyTime } = x
      const isBodyLate = x.awaited !== undefined && !x.request.isPaced
      if (bodyTime > granted && !isBodyLate && !x.over) {
        timer = setTimeout(look, bodyTime - granted)
        granted = bodyTime
        return
      }
      // What is committed must not be answered as if it were not: that has as long again.
      if (x.isConcluding && !isConcluding) {
        isConcluding = true
        timer = setTimeout(look, timeout)
        return
      }
      late = true
      if (x.over) return // its caller left: nobody waits for this
      const problem = isBodyLate ? RequestTimeout() : HandlerTimeout({ headers: { 'retry-after': '1' } })
      if (isBodyLate) x.request.cut = true
      const refusal = failing(x, problem)
      if (x.interrupt === undefined) resolve(refusal)
      else {
        late = false
        const bare = refusal.copy()
        timer = setTimeout(() => {
          late = true
          resolve(bare)
        }, GRACE)
        x.interrupt(refusal)
      }
      x.abort(problem)
    }
    let timer = setTimeout(look, timeout)
    reply.then((given) => {
      clearTimeout(timer)
      if (late) letGo(given.body)
      else resolve(given)
    })
  })
}

/**
 * Lets the time limit answer in the place of what middleware stands around, while that goes on. Middleware may answer
 * without waiting for it as well: what the handler works with is kept for it all the same.
 */
export function interruptible(inner: Answer): Answer {
  return (x) => {
    const reply = inner(x)
    if (!(reply instanceof Promise)) return reply
    return new Promise((resolve) => {
      let late = false
      x.working = reply
      x.interrupt = (given) => {
        x.interrupt = undefined
        late = true
        resolve(given)
      }
      reply.then((given) => {
        x.working = undefined
        x.interrupt = undefined
        if (late) letGo(given.body)
        else resolve(given)
      })
    })
  }
}
