import type { Decoders } from '../compile/decoder.ts'
import { faultsOf } from '../compile/faults.ts'
import type { When } from '../compile/dependency-order.ts'
import type { EndpointPlan, PolicyPlan } from '../compile/plan.ts'
import type { ErrorFormat } from '../contract/error-format.ts'
import type { Computed, GivenReply, PolicyContext, PolicyStages } from '../contract/policy.ts'
import { type Security, schemesOf } from '../contract/security.ts'
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
import { interruptible } from './time-limit.ts'

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
  /** The name of its version, where it has one. */
  readonly version: string | undefined
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
  const last = lastStages(plan, policies, failing)
  const core: Answer = (x) => advance(x, work, 0, last, failing)
  const isTimed = limits.timeout > 0 && plan.middleware.length > 0
  const answer = onion(plan.middleware, isTimed ? interruptible(core) : core, failing)
  const codes = new Set(faultsOf(operation).map(({ code }) => code))
  const compute = policies.some(({ replay }) => replay !== undefined) ? computing(plan, app, failing, apart) : NEVER
  const { id, essential, version } = operation
  return { id, answer, compute, errors, codes, timeout: limits.timeout, essential, version: version?.name }
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
    ...makeStage(slots, 'replay'),
    ...lastWork(plan, slots),
  ]
  const last = lastStages(plan, [], failing)
  const core: Answer = (x) => advance(x, work, 0, last, failing)
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
    if (slot.when !== 'identify') return []
    const alone = slots.map((other, at) => (at === index ? other : { ...other, when: 'handle' as const }))
    const make: Stage = (x) => makeDependencies(x, alone, 'identify')
    return [watching(slot.security === undefined ? credentials : undefined), make]
  })
}

/** Header fields that a scheme has credentials in (OpenAPI 3.1 §4.8.27). */
function credentialsOf(security: Security): string[] {
  return schemesOf(security).flatMap(({ scheme: { type, in: place, name } }) => {
    if (type !== 'apiKey') return ['authorization']
    if (place === 'cookie') return ['cookie']
    return place === 'header' ? [String(name).toLowerCase()] : []
  })
}

/** Stages 4 to 9, those that the endpoint needs, in the order of the design. */
function workStages(plan: EndpointPlan, policies: readonly Attached[], app: AppScope): readonly Stage[] {
  const slots = liveSlots(plan.slots, app)
  return [
    ...makeStage(slots, 'identify'),
    ...stagesAt(policies, 'limit'),
    ...inputStages(plan),
    ...makeStage(slots, 'replay'),
    ...stagesAt(policies, 'replay'),
    ...lastWork(plan, slots),
  ]
}

function makeStage(slots: readonly LiveSlot[], when: When): Stage[] {
  if (!slots.some((slot) => slot.when === when)) return []
  return [(x) => (x.reply === undefined ? makeDependencies(x, slots, when) : undefined)]
}

function inputStages({ decoders, limits }: EndpointPlan): Stage[] {
  const declaresInput = Object.values(decoders).some((decoder) => decoder !== undefined)
  return declaresInput ? [(x) => decode(x, decoders, limits)] : []
}

/** From the input to the reply. */
function lastWork({ operation, replies }: EndpointPlan, slots: readonly LiveSlot[]): Stage[] {
  const handler = withHooks(operation.endpoint.handler as AnyHandler, operation.before, operation.after)
  return [
    ...makeStage(slots, 'handle'),
    (x) => (x.reply === undefined ? handle(x, handler) : undefined),
    (x) => encode(x, replies),
  ]
}

/** What a policy does to an exchange, with what it uses at hand. */
type Attached = { readonly [K in keyof PolicyStages]: Stage } & {
  /** It keeps what it keeps in a dependency of the request, and so before that ends. */
  readonly isWithin: boolean
}

/** Binds a policy's stages to what they use. That lives as long as the process: once made, it is not looked for again. */
function attach(plan: PolicyPlan, { operation, decoders }: EndpointPlan, app: AppScope, report: Report): Attached {
  const { policy, slots, served } = plan
  const { id, method, path } = operation
  const about = { operation: id, request: `the policy "${policy.name}"` }
  const input = { headers: namesOf(decoders.headers), cookies: namesOf(decoders.cookies) }
  const stages = policy.attach({ operation: id, method, path, input, report: (error) => report(error, about) })
  const isServed = (name: string): boolean => served.some(([other]) => other === name)
  const cells = liveSlots(slots, app)
    .flatMap(({ names, cell }) => names.map((name) => [name, cell as Cell] as const))
    .filter(([name]) => !isServed(name))
  let known = cells.length === 0 ? NOTHING : undefined
  const bound = (stage: (x: Exchange, use: never) => void | Promise<void>): Stage => {
    const run: typeof stage = served.length === 0 ? stage : (x, use) => stage(x, withServed(x, use, served))
    return (x) => {
      if (known !== undefined) return run(x, known)
      return made(cells).then((use) => {
        known = use
        return run(x, use)
      })
    }
  }
  const { limit, replay, encode, record } = stages
  return {
    isWithin: served.length > 0,
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

/** What a policy uses, with what dependencies of this request serve of it. */
function withServed(x: Exchange, use: object, served: PolicyPlan['served']): never {
  return { ...use, ...Object.fromEntries(served.map(([name, slot]) => [name, x.made?.[slot]])) } as never
}

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

function stagesAt(policies: readonly Attached[], stage: keyof PolicyStages): readonly Stage[] {
  return policies.flatMap((policy) => policy[stage] ?? [])
}

/** What comes when the reply is made, be it a failure's. */
function lastStages({ slots }: EndpointPlan, policies: readonly Attached[], failing: Failing): readonly Stage[] {
  return slots.some((slot) => slot.untilReply)
    ? [conclusion(policies, failing)]
    : [...stagesAt(policies, 'encode'), ...stagesAt(policies, 'record')]
}

/**
 * What comes last where dependencies end before the reply is sent: policies change the reply, those record it that keep
 * it in such a dependency, these end, and the other policies record what came of it. Where one of them fails, that is the
 * reply.
 */
function conclusion(policies: readonly Attached[], failing: Failing): Stage {
  const encode = stagesAt(policies, 'encode')
  const records = (isWithin: boolean): readonly Stage[] => {
    return stagesAt(
      policies.filter((policy) => policy.isWithin === isWithin),
      'record',
    )
  }
  const [within, after] = [records(true), records(false)]
  return async (x) => {
    try {
      await runFrom(x, encode, 0)
    } catch (error) {
      x.reply = failing(x, error)
    }
    const changed = x.reply
    x.isConcluding = true
    try {
      // Who gave up, for its time was up or its caller had left, had no effect and may come again.
      if (x.failure === undefined || x.aborted === undefined) await runFrom(x, within, 0)
    } catch (error) {
      x.reply = failing(x, error)
    }
    try {
      await x.releases?.conclude(x.failure)
    } catch (error) {
      x.reply = failing(x, error)
    }
    if (x.reply !== changed) await runFrom(x, encode, 0)
    await runFrom(x, after, 0)
  }
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
