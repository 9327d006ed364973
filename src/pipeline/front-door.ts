import type { Plan } from '../compile/plan.ts'
import type { Dependency } from '../contract/depends.ts'
import type { Call, CallOptions, Called, FrontDoor, Together } from '../contract/front-door.ts'
import { Problem } from '../contract/problem.ts'
import { BadRequest, InvalidInput } from '../contract/problems.ts'
import type { Request } from '../contract/request.ts'
import { type CheckCall, checkingCalls } from './call-fields.ts'
import { Exchange } from './exchange.ts'
import { type Report, errorOf, problemReply } from './fail.ts'
import { Incoming } from './incoming.ts'
import { Joint, misfit } from './joint.ts'
import type { Answer } from './onion.ts'
import type { WireReply } from './reply.ts'
import { BrokenSource, type Whole, wholeBody } from './reply-whole.ts'
import { RequestWithin } from './request-within.ts'
import type { Endpoint } from './stages.ts'
import type { Failing } from './advance.ts'

/** What the front door needs of its pipeline. */
export interface Inside {
  readonly plan: Plan
  readonly answer: Answer
  /** The endpoint that would answer; undefined where none would. */
  readonly endpointOf: (x: Exchange) => Endpoint | undefined
  readonly finish: (x: Exchange, failure?: Error) => void
  /** Waits for a handler whose reply is over; false where it goes on and on. */
  readonly handlerEnds: (x: Exchange) => Promise<boolean>
  readonly failing: Failing
  readonly report: Report
}

const NESTED = 'A call cannot be one that makes calls itself: put those beside it'

/** Lets calls in as a wire lets requests in, from their target to their background work. */
export class PipelineFrontDoor implements FrontDoor {
  readonly #inside: Inside
  #check: CheckCall | undefined = undefined

  constructor(inside: Inside) {
    this.#inside = inside
  }

  readonly call = async (call: Call, { from, signal, limit, together }: CallOptions): Promise<Called> => {
    const { answer, finish, failing } = this.#inside
    const joint = together as Joint | undefined
    let x: Exchange
    try {
      x = this.#exchange(call, from)
      this.#checkPlace(x, joint?.spanned, joint !== undefined)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return this.refuse(error)
    }
    x.joint = joint
    const left = (): void => x.abort(errorOf(signal.reason))
    if (signal.aborted) left()
    else signal.addEventListener('abort', left, { once: true })
    if (joint !== undefined) joint.atWork++
    let reply = await answer(x)
    if (joint !== undefined) await this.#join(x, joint)
    let whole: Whole
    try {
      whole = await wholeBody(reply, call.method, limit, signal)
    } catch (error) {
      if (!(error instanceof BrokenSource)) throw error
      reply = failing(x, error.cause)
      whole = { body: reply.body as string, ending: error.ending }
    }
    signal.removeEventListener('abort', left)
    if (whole.ending !== undefined) x.sending = whole.ending
    finish(x, whole.ending && (x.failure ?? new Error('the rest of the reply is not wanted')))
    return calledOf(reply, whole)
  }

  readonly refuse = (problem: Problem): Called => {
    const { plan, report } = this.#inside
    const about = { operation: undefined, request: `a refusal with ${problem.code}` }
    const reply = problemReply(problem, plan.errors, (error) => report(error, about))
    return calledOf(reply, { body: reply.body as string })
  }

  readonly misfits = (calls: readonly Call[], from: Request): readonly (string | undefined)[] => {
    let spanned: Dependency | undefined
    return calls.map((call) => {
      try {
        const endpoint = this.#inside.endpointOf(this.#exchange(call, from))
        // What nobody answers, or must not be called, is answered as that when its turn has come.
        if (endpoint === undefined || endpoint.relays) return undefined
        const why = misfit(endpoint.joining, call.method, spanned)
        spanned ??= endpoint.joining.spanning[0]
        return why
      } catch {
        return undefined
      }
    })
  }

  readonly together = (from: Request): Together => {
    const about = { operation: undefined, request: `${from.method} ${from.path}`, id: from.id }
    return new Joint(from, (error) => this.#inside.report(error, about))
  }

  /** @throws {Problem} for what no wire would let in, or says who asks. */
  #exchange(call: Call, from: Request): Exchange {
    if (!(from instanceof Incoming)) throw new TypeError('calls come with a request of the pipeline')
    this.#check ??= checkingCalls(this.#inside.plan)
    return new Exchange(new RequestWithin(from, this.#check(call, from)))
  }

  /** @throws {Problem} for an endpoint that makes calls, and one that has no part in what others do together. */
  #checkPlace({ request }: Exchange, spanned: Dependency | undefined, isTogether: boolean): void {
    const endpoint = this.#inside.endpointOf(new Exchange(request))
    if (endpoint === undefined) return
    if (endpoint.relays) throw BadRequest({ detail: NESTED })
    const why = isTogether ? misfit(endpoint.joining, request.method, spanned) : undefined
    if (why !== undefined) throw InvalidInput({ detail: why })
  }

  /** What others work with as well is not taken from a handler that is still at it, nor is its background work done yet. */
  async #join(x: Exchange, joint: Joint): Promise<void> {
    if (x.aborted === undefined || (await this.#inside.handlerEnds(x))) joint.atWork--
    joint.cause ??= x.failure
    if (x.tasks !== undefined) joint.take(x.tasks.splice(0))
  }
}

function calledOf(reply: WireReply, { body, omitted }: Whole): Called {
  return { status: reply.status, headers: [...reply.headers()], body, omitted }
}
