import type { ErrorFormat } from '../contract/error-format.ts'
import type { Problem } from '../contract/problem.ts'
import { Overloaded } from '../contract/problems.ts'
import { addVary } from '../contract/vary.ts'
import type { Exchange } from './exchange.ts'
import { type Report, fail } from './fail.ts'
import type { WireReply } from './reply.ts'
import type { Endpoint } from './stages.ts'

/** What becomes of a request: it is worked on, it waits for its turn, or it is refused. */
export type Verdict = 'go' | 'wait' | 'refuse'

/** Decides which requests are worked on. The wire brings one; without it, all of them are. */
export interface Admission {
  /** Asked once for each request that can be refused. */
  readonly admit: () => Verdict
  /** Puts a request in the line. `go` is called once, with false where it is refused after all. */
  readonly wait: (go: (admitted: boolean) => void) => void
  /** A request that is worked on waits for something; others can be begun meanwhile. */
  readonly began: () => void
  /** That one has its reply. */
  readonly ended: () => void
}

/**
 * A request that is counted while it is worked on. A body that does not come is no work: whoever sends none takes no room.
 *
 * It knows nothing of the request: V8 makes what is made often among what is old, and what that knows is kept with it
 * until the old is looked through. As a function that knew it, it made each young collection take 10 ms in place of 0.4.
 */
export class Counted {
  readonly #admission: Admission
  #isOver = false
  #isAwaiting = false

  constructor(admission: Admission) {
    this.#admission = admission
    admission.began()
  }

  awaits(body: Promise<unknown>): void {
    if (this.#isOver) return
    this.#isAwaiting = true
    this.#admission.ended()
    const goOn = (): void => {
      this.#isAwaiting = false
      if (!this.#isOver) this.#admission.began()
    }
    body.then(goOn, goOn)
  }

  end(): void {
    this.#isOver = true
    if (!this.#isAwaiting) this.#admission.ended()
  }
}

type Answering = (x: Exchange, endpoint: Endpoint) => WireReply | Promise<WireReply>

/**
 * Stage 3. Refuses with 503 what could not be answered in time, before anything is done for it. No middleware and no
 * policy sees the refusal, and nothing of a body is read: refusing has to cost much less than serving, or it does not
 * help. A reply that comes at once costs no more than the question.
 */
export function admit(admission: Admission, answer: Answering, report: Report): Answering {
  const refusals = new Map<ErrorFormat, WireReply>()
  const refuse: Answering = (x, { errors, isNegotiated }) => {
    let made = refusals.get(errors)
    if (made === undefined) {
      const refusal = Overloaded({ headers: { 'retry-after': '1' } }) as Problem
      made = fail(x, refusal, errors, (error, about) => {
        if (error !== refusal) report(error, about)
      })
      refusals.set(errors, made)
    }
    // Wires add fields of their own.
    const refused = made.copy()
    if (isNegotiated) addVary(refused, 'Accept')
    return refused
  }
  const atWork = (x: Exchange, work: Promise<unknown>): void => {
    const counted = new Counted(admission)
    x.counted = counted
    if (x.awaited !== undefined) counted.awaits(x.awaited)
    void work.then(() => (x.working === undefined ? counted.end() : void x.working.then(() => counted.end())))
  }
  const begin: Answering = (x, endpoint) => {
    const reply = answer(x, endpoint)
    if (!(reply instanceof Promise) || endpoint.relays) return reply
    // Past its time limit a handler is still at work, whatever its caller was told.
    atWork(x, x.running ?? reply)
    return reply
  }
  return (x, endpoint) => {
    const verdict = admission.admit()
    if (verdict === 'go') return begin(x, endpoint)
    if (verdict === 'refuse') return refuse(x, endpoint)
    return new Promise((resolve) => {
      admission.wait((admitted) => {
        // Nobody waits for the reply to one whose caller has left: it is not begun.
        resolve(admitted && !x.over ? begin(x, endpoint) : refuse(x, endpoint))
      })
    })
  }
}
