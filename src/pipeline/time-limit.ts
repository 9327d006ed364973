import { HandlerTimeout, RequestTimeout } from '../contract/problems.ts'
import type { Exchange } from './exchange.ts'
import { letGo } from './pieces.ts'
import type { WireReply } from './reply.ts'
import type { Failing } from './stages.ts'

/**
 * The reply, or 503 when it takes too long. What still runs is told by the signal.
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
    let concluding = false
    const look = (): void => {
      const { bodyTime } = x
      const isBodyLate = x.awaited !== undefined && !x.request.isPaced
      if (bodyTime > granted && !isBodyLate && !x.over) {
        timer = setTimeout(look, bodyTime - granted)
        granted = bodyTime
        return
      }
      // What is committed must not be answered as if it were not: that has as long again.
      if (x.isConcluding && !concluding) {
        concluding = true
        timer = setTimeout(look, timeout)
        return
      }
      late = true
      if (x.over) return // its caller left: nobody waits for this
      const problem = isBodyLate ? RequestTimeout() : HandlerTimeout({ headers: { 'retry-after': '1' } })
      if (isBodyLate) x.request.cut = true
      resolve(failing(x, problem))
      x.abort(problem)
    }
    let timer = setTimeout(look, timeout)
    reply.then((given) => {
      clearTimeout(timer)
      x.running = undefined
      if (late) letGo(given.body)
      else resolve(given)
    })
  })
}
