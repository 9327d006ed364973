import type { Decoders } from '../compile/decoder.ts'
import { faultsOf } from '../compile/faults.ts'
import type { EndpointPlan } from '../compile/plan.ts'
import type { ErrorFormat } from '../contract/error-format.ts'
import type { GivenReply, PolicyStages } from '../contract/policy.ts'
import { decode } from './decode.ts'
import { type AppScope, liveSlots, makeDependencies } from './dependencies.ts'
import { encode } from './encode.ts'
import type { Exchange } from './exchange.ts'
import { type AnyHandler, handle, withHooks } from './handle.ts'
import { type Answer, onion, toReply } from './onion.ts'
import type { WireReply } from './reply.ts'

/** One step of an endpoint's way to its reply. */
type Stage = (x: Exchange) => void | Promise<void>

/** Makes the reply to what was thrown. */
export type Failing = (x: Exchange, error: unknown) => WireReply

/** An endpoint with its stages in order: only those it needs. */
export interface Endpoint {
  readonly id: string
  readonly answer: Answer
  readonly errors: ErrorFormat
  /** Codes of the problems it declares; others are told, and added, when they are first thrown. */
  readonly codes: Set<string>
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number
  /** True where overload does not refuse it. */
  readonly essential: boolean
}

/** Puts an endpoint's stages together, and its middleware around them. */
export function composeEndpoint(plan: EndpointPlan, app: AppScope, failing: Failing): Endpoint {
  const { operation, limits, errors } = plan
  const work = workStages(plan, app)
  const last = lastStages(plan.policies)
  const core: Answer = (x) => advance(x, work, 0, last, failing)
  const answer = onion(operation.middleware, core, failing)
  const codes = new Set(faultsOf(operation).map(({ code }) => code))
  return { id: operation.id, answer, errors, codes, timeout: limits.timeout, essential: operation.essential }
}

/** Stages 4 to 9, those that the endpoint needs, in the order of the design. */
function workStages(plan: EndpointPlan, app: AppScope): readonly Stage[] {
  const { operation, decoders, limits, policies, replies } = plan
  const slots = liveSlots(plan.slots, app)
  const handler = withHooks(operation.endpoint.handler as AnyHandler, operation.before, operation.after)
  const stages: Stage[] = []
  if (slots.some((slot) => slot.early)) stages.push((x) => makeDependencies(x, slots, true))
  for (const { limit } of policies) if (limit !== undefined) stages.push((x) => limit(x.context))
  if (declaresInput(decoders)) stages.push((x) => decode(x, decoders, limits))
  for (const { replay } of policies) if (replay !== undefined) stages.push((x) => replayed(x, replay))
  const late = slots.some((slot) => !slot.early)
  if (late) stages.push((x) => (x.reply === undefined ? makeDependencies(x, slots, false) : undefined))
  stages.push((x) => (x.reply === undefined ? handle(x, handler) : undefined))
  stages.push((x) => encode(x, replies))
  return stages
}

function declaresInput(decoders: Decoders): boolean {
  return Object.values(decoders).some((decoder) => decoder !== undefined)
}

function replayed(x: Exchange, replay: NonNullable<PolicyStages['replay']>): void | Promise<void> {
  if (x.reply === undefined) return put(x, replay(x.context))
}

/** Puts a reply that a policy gave in the place of the one there is. */
function put(x: Exchange, given: GivenReply | Promise<GivenReply>): void | Promise<void> {
  if (given instanceof Promise) return given.then((reply) => put(x, reply))
  // A copy of one that was kept from an earlier request: what is set on this must not stay there.
  if (given !== undefined && given !== x.reply) x.reply = toReply(given).copy()
}

/** What policies do to a reply that is made, be it a failure's: change it, then record it. */
function lastStages(policies: readonly PolicyStages[]): readonly Stage[] {
  const encoding = policies.flatMap(({ encode }) => (encode === undefined ? [] : [encode]))
  const recording = policies.flatMap(({ record }) => (record === undefined ? [] : [record]))
  return [
    ...encoding.map(
      (encode): Stage =>
        (x) =>
          put(x, encode(x.context, x.reply as WireReply)),
    ),
    ...recording.map(
      (record): Stage =>
        (x) =>
          record(x.context, x.reply as WireReply),
    ),
  ]
}

/**
 * Runs stages in order, waiting only for those that make it wait: one promise for each that does, and none
 * for the rest, because a promise costs a request as much as its route.
 */
function advance(
  x: Exchange,
  work: readonly Stage[],
  from: number,
  last: readonly Stage[],
  failing: Failing,
): WireReply | Promise<WireReply> {
  try {
    for (let i = from; i < work.length; i++) {
      const pending = (work[i] as Stage)(x)
      if (pending !== undefined) {
        return pending.then(
          () => advance(x, work, i + 1, last, failing),
          (error) => {
            x.reply = failing(x, error)
            return runLast(x, last, failing)
          },
        )
      }
    }
  } catch (error) {
    x.reply = failing(x, error)
  }
  return runLast(x, last, failing)
}

function runLast(x: Exchange, last: readonly Stage[], failing: Failing): WireReply | Promise<WireReply> {
  if (last.length === 0) return x.reply as WireReply
  try {
    const pending = runFrom(x, last, 0)
    if (pending === undefined) return x.reply as WireReply
    return pending.then(
      () => x.reply as WireReply,
      (error) => failing(x, error),
    )
  } catch (error) {
    return failing(x, error)
  }
}

/** Runs stages in order, waiting only for those that make it wait. */
function runFrom(x: Exchange, stages: readonly Stage[], from: number): Promise<void> | undefined {
  for (let i = from; i < stages.length; i++) {
    const pending = (stages[i] as Stage)(x)
    if (pending !== undefined) return pending.then(() => runFrom(x, stages, i + 1))
  }
  return undefined
}
