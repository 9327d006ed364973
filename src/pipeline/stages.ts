import type { Decoders } from '../compile/decoder.ts'
import { faultsOf } from '../compile/faults.ts'
import type { EndpointPlan, PolicyPlan } from '../compile/plan.ts'
import type { Security } from '../contract/depends.ts'
import type { ErrorFormat } from '../contract/error-format.ts'
import type { Computed, GivenReply, PolicyContext, PolicyStages } from '../contract/policy.ts'
import { decode } from './decode.ts'
import { type AppScope, type Cell, type LiveSlot, liveSlots, makeDependencies } from './dependencies.ts'
import { encode } from './encode.ts'
import { Exchange } from './exchange.ts'
import type { Report } from './fail.ts'
import { type AnyHandler, handle, withHooks } from './handle.ts'
import { type Answer, onion, toReply } from './onion.ts'
import { createOutside } from './outside.ts'
import type { WireReply } from './reply.ts'
import { RequestApart } from './request-apart.ts'

/** One step of an endpoint's way to its reply. */
type Stage = (x: Exchange) => void | Promise<void>

/** Makes the reply to what was thrown. */
export type Failing = (x: Exchange, error: unknown) => WireReply

/** An endpoint with its stages in order: only those it needs. */
export interface Endpoint {
  readonly id: string
  readonly answer: Answer
  /** Runs it without its policies and middleware, apart from the request that asks for it. */
  readonly compute: (x: Exchange) => Promise<Computed>
  readonly errors: ErrorFormat
  /** Codes of the problems it declares; others are told, and added, when they are first thrown. */
  readonly codes: Set<string>
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number
  /** True where overload does not refuse it. */
  readonly essential: boolean
}

/** Runs what nobody waits for on a connection: in the time of its endpoint, and to the end of what it holds. */
export type Apart = (x: Exchange, core: Answer) => Promise<WireReply>

/** Puts an endpoint's stages together, and its middleware around them. */
export function composeEndpoint(
  plan: EndpointPlan,
  app: AppScope,
  failing: Failing,
  report: Report,
  apart: Apart,
): Endpoint {
  const { operation, limits, errors } = plan
  const policies = plan.policies.map((policy) => attach(policy, plan, app, report))
  const work = workStages(plan, policies, app)
  const last = lastStages(policies)
  const core: Answer = (x) => advance(x, work, 0, last, failing)
  const answer = onion(operation.middleware, core, failing)
  const codes = new Set(faultsOf(operation).map(({ code }) => code))
  const compute = policies.some(({ replay }) => replay !== undefined) ? computing(plan, app, failing, apart) : NEVER
  return { id: operation.id, answer, compute, errors, codes, timeout: limits.timeout, essential: operation.essential }
}

/** No stage that is run could ask for it. */
const NEVER = (): Promise<never> => Promise.reject(new Error('only the stage "replay" of a policy can compute'))

/** What runs an endpoint for a reply that is of more than one request. */
function computing(plan: EndpointPlan, app: AppScope, failing: Failing, apart: Apart): Endpoint['compute'] {
  const slots = liveSlots(plan.slots, app)
  const work = [
    ...watchedStages(slots),
    watching(undefined),
    ...inputStages(plan),
    watching(NO_FIELDS),
    ...lastWork(plan, slots),
  ]
  const core: Answer = (x) => advance(x, work, 0, [], failing)
  const outside = createOutside()
  return async (x) => {
    const request = new RequestApart(x.request)
    const own = new Exchange(request)
    own.endpoint = x.endpoint
    own.pathValues = x.pathValues
    const reply = await outside(() => apart(own, core))
    return { reply, read: request.read }
  }
}

const NO_FIELDS: ReadonlySet<string> = new Set()

function watching(known: ReadonlySet<string> | undefined): Stage {
  return (x) => {
    ;(x.request as RequestApart).known = known
  }
}

/** What says who is calling may read anything for that; what it uses, nothing but what callers are known by. */
function watchedStages(slots: readonly LiveSlot[]): Stage[] {
  const credentials = new Set(slots.flatMap(({ security }) => (security === undefined ? [] : credentialsOf(security))))
  return slots.flatMap((slot, index) => {
    if (!slot.early) return []
    const alone = slots.map((other, at) => (at === index ? other : { ...other, early: false }))
    const make: Stage = (x) => makeDependencies(x, alone, true)
    return [watching(slot.security === undefined ? credentials : undefined), make]
  })
}

/** Header fields that a scheme has credentials in (OpenAPI 3.1 §4.8.27). */
function credentialsOf({ scheme }: Security): string[] {
  const { type, in: place, name } = scheme
  if (type !== 'apiKey') return ['authorization']
  if (place === 'cookie') return ['cookie']
  return place === 'header' ? [String(name).toLowerCase()] : []
}

/** Stages 4 to 9, those that the endpoint needs, in the order of the design. */
function workStages(plan: EndpointPlan, policies: readonly Attached[], app: AppScope): readonly Stage[] {
  const slots = liveSlots(plan.slots, app)
  const stages: Stage[] = []
  if (slots.some((slot) => slot.early)) stages.push((x) => makeDependencies(x, slots, true))
  for (const { limit } of policies) if (limit !== undefined) stages.push(limit)
  stages.push(...inputStages(plan))
  for (const { replay } of policies) if (replay !== undefined) stages.push(replay)
  stages.push(...lastWork(plan, slots))
  return stages
}

function inputStages({ decoders, limits }: EndpointPlan): Stage[] {
  const declaresInput = Object.values(decoders).some((decoder) => decoder !== undefined)
  return declaresInput ? [(x) => decode(x, decoders, limits)] : []
}

/** From the input to the reply. */
function lastWork({ operation, replies }: EndpointPlan, slots: readonly LiveSlot[]): Stage[] {
  const handler = withHooks(operation.endpoint.handler as AnyHandler, operation.before, operation.after)
  const stages: Stage[] = []
  const late = slots.some((slot) => !slot.early)
  if (late) stages.push((x) => (x.reply === undefined ? makeDependencies(x, slots, false) : undefined))
  stages.push((x) => (x.reply === undefined ? handle(x, handler) : undefined))
  stages.push((x) => encode(x, replies))
  return stages
}

/** What a policy does to an exchange, with what it uses at hand. */
type Attached = { readonly [K in keyof PolicyStages]: Stage }

/** Binds a policy's stages to what they use. That lives as long as the process: once made, it is not looked for again. */
function attach(
  { policy, slots }: PolicyPlan,
  { operation, decoders }: EndpointPlan,
  app: AppScope,
  report: Report,
): Attached {
  const { id, method, path } = operation
  const about = { operation: id, request: `the policy "${policy.name}"` }
  const input = { headers: namesOf(decoders.headers), cookies: namesOf(decoders.cookies) }
  const stages = policy.attach({ operation: id, method, path, input, report: (error) => report(error, about) })
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

function namesOf(decoder: Decoders['headers']): readonly string[] {
  return decoder === undefined ? [] : [...(decoder.fields?.keys() ?? ['*'])]
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
