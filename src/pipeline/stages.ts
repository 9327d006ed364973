import type { Decoders } from '../compile/decoder.ts'
import { faultsOf } from '../compile/faults.ts'
import type { EndpointPlan, PolicyPlan } from '../compile/plan.ts'
import type { ErrorFormat } from '../contract/error-format.ts'
import type { GivenReply, PolicyContext, PolicyStages } from '../contract/policy.ts'
import { decode } from './decode.ts'
import { type AppScope, type Cell, liveSlots, makeDependencies } from './dependencies.ts'
import { encode } from './encode.ts'
import type { Exchange } from './exchange.ts'
import type { Report } from './fail.ts'
import { type AnyHandler, handle, withHooks } from './handle.ts'
import { type Answer, onion, toReply } from './onion.ts'
import type { WireReply } from './reply.ts'
import { interruptible } from './time-limit.ts'

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
  /** The name of its version, where it has one. */
  readonly version: string | undefined
}

/** Puts an endpoint's stages together, and its middleware around them. */
export function composeEndpoint(plan: EndpointPlan, app: AppScope, failing: Failing, report: Report): Endpoint {
  const { operation, limits, errors } = plan
  const policies = plan.policies.map((policy) => attach(policy, plan, app, report))
  const work = workStages(plan, policies, app)
  const last = lastStages(policies)
  const core: Answer = (x) => advance(x, work, 0, last, failing)
  const isTimed = limits.timeout > 0 && plan.middleware.length > 0
  const answer = onion(plan.middleware, isTimed ? interruptible(core) : core, failing)
  const codes = new Set(faultsOf(operation).map(({ code }) => code))
  const { id, essential, version } = operation
  return { id, answer, errors, codes, timeout: limits.timeout, essential, version: version?.name }
}

/** Stages 4 to 9, those that the endpoint needs, in the order of the design. */
function workStages(plan: EndpointPlan, policies: readonly Attached[], app: AppScope): readonly Stage[] {
  const { operation, decoders, limits, replies } = plan
  const slots = liveSlots(plan.slots, app)
  const handler = withHooks(operation.endpoint.handler as AnyHandler, operation.before, operation.after)
  const stages: Stage[] = []
  if (slots.some((slot) => slot.early)) stages.push((x) => makeDependencies(x, slots, true))
  for (const { limit } of policies) if (limit !== undefined) stages.push(limit)
  if (declaresInput(decoders)) stages.push((x) => decode(x, decoders, limits))
  for (const { replay } of policies) if (replay !== undefined) stages.push(replay)
  const late = slots.some((slot) => !slot.early)
  if (late) stages.push((x) => (x.reply === undefined ? makeDependencies(x, slots, false) : undefined))
  stages.push((x) => (x.reply === undefined ? handle(x, handler) : undefined))
  stages.push((x) => encode(x, replies))
  return stages
}

function declaresInput(decoders: Decoders): boolean {
  return Object.values(decoders).some((decoder) => decoder !== undefined)
}

/** What a policy does to an exchange, with what it uses at hand. */
type Attached = { readonly [K in keyof PolicyStages]: Stage }

/** Binds a policy's stages to what they use. That lives as long as the process: once made, it is not looked for again. */
function attach({ policy, slots }: PolicyPlan, { operation }: EndpointPlan, app: AppScope, report: Report): Attached {
  const { id, method, path } = operation
  const about = { operation: id, request: `the policy "${policy.name}"` }
  const stages = policy.attach({ operation: id, method, path, report: (error) => report(error, about) })
  const cells = liveSlots(slots, app).flatMap(({ names, cell }) => names.map((name) => [name, cell as Cell] as const))
  let known = cells.length === 0 ? NOTHING : undefined
  const bound = (stage: (x: Exchange, use: never) => void | Promise<void>): Stage => {
    return (x) => {
      if (known !== undefined) return stage(x, known)
      return made(cells).then((use) => {
        known = use
        return stage(x, use)
      })
    }
  }
  const { limit, replay, encode, record } = stages
  return {
    ...(limit && { limit: bound((x, use) => limit(policed(x), use)) }),
    ...(replay && { replay: bound((x, use) => (x.reply === undefined ? put(x, replay(policed(x), use)) : undefined)) }),
    ...(encode && { encode: bound((x, use) => put(x, encode(policed(x), x.reply as WireReply, use))) }),
    ...(record && { record: bound((x, use) => record(policed(x), x.reply as WireReply, use)) }),
  }
}

/** An exchange as policies see it: its endpoint is matched. */
function policed(x: Exchange): PolicyContext {
  return x as Exchange & { readonly operation: string }
}

const NOTHING = {} as never

async function made(cells: readonly (readonly [string, Cell])[]): Promise<never> {
  const entries = await Promise.all(cells.map(async ([name, cell]) => [name, await cell.start()]))
  return Object.fromEntries(entries) as never
}

/** Puts a reply that a policy gave in the place of the one there is. */
function put(x: Exchange, given: GivenReply | Promise<GivenReply>): void | Promise<void> {
  if (given instanceof Promise) return given.then((reply) => put(x, reply))
  // A copy of one that was kept from an earlier request: what is set on this must not stay there.
  if (given !== undefined && given !== x.reply) x.reply = toReply(given).copy()
}

/** What policies do to a reply that is made, be it a failure's: change it, then record it. */
function lastStages(policies: readonly Attached[]): readonly Stage[] {
  return [...policies.map(({ encode }) => encode), ...policies.map(({ record }) => record)].filter(
    (stage) => stage !== undefined,
  )
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
