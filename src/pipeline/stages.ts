import type { Decoders, MultipartDecoder } from '../compile/decoder.ts'
import { faultsOf } from '../compile/faults.ts'
import { givesRanges } from '../compile/reply-specs.ts'
import type { When } from '../compile/dependency-order.ts'
import type { ReplyEncoder } from '../compile/encoder.ts'
import type { EndpointPlan, PolicyPlan } from '../compile/plan.ts'
import type { ErrorFormat } from '../contract/error-format.ts'
import type { Computed, GivenReply, PolicyContext, PolicyStages } from '../contract/policy.ts'
import { checkAccept, varied, vary } from './accept.ts'
import { type Failing, type LastStages, type Stage, advance, encodeAll, failWith, recordAll } from './advance.ts'
import { type Code, coded, coder } from './coded.ts'
import { type Apart, computing, watchedWork } from './compute.ts'
import { decode } from './decode.ts'
import { type AppScope, type Cell, type LiveSlot, liveSlots, makeDependencies } from './dependencies.ts'
import { encode } from './encode.ts'
import type { Exchange } from './exchange.ts'
import type { Report } from './fail.ts'
import { type AnyHandler, handle, withHooks } from './handle.ts'
import { type Joining, joiningOf } from './joint.ts'
import { multipartReader } from './multipart/form-reader.ts'
import { type Answer, onion, toReply } from './onion.ts'
import { answerRange } from './ranges.ts'
import type { WireReply } from './reply.ts'
import { interruptible } from './time-limit.ts'

/** An endpoint with its stages in order: only those it needs. */
export interface Endpoint {
  readonly id: string
  readonly answer: Answer
  /** Puts a reply of it into its content coding: also what is made of one for browsers. */
  readonly code: Code | undefined
  /** Runs it without its policies and middleware, apart from the request that asks for it. */
  readonly compute: (x: Exchange) => Promise<Computed>
  readonly errors: ErrorFormat
  /** Codes of the problems it declares; others are told, and added, when they are first thrown. */
  readonly codes: Set<string>
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number
  /** True where overload does not refuse it. */
  readonly essential: boolean
  /** True where it calls others, which are counted as work: it is none itself. */
  readonly relays: boolean
  readonly joining: Joining
  /** The name of its version, where it has one. */
  readonly version: string | undefined
  /** True where its callers choose a media type: every reply says so. */
  readonly isNegotiated: boolean
}

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
  const around = onion(plan.middleware, plan.middleware.length > 0 ? interruptible(core) : core, failing)
  const isNegotiated = plan.acceptance !== undefined
  const whole = isNegotiated && plan.middleware.length > 0 ? varied(around) : around
  const coding = policies.find(({ code }) => code !== undefined)?.code
  const code = coding && coder((x, reply) => coding(policed(x), reply), failing)
  const answer = code === undefined ? whole : coded(whole, code)
  const codes = new Set(faultsOf(operation).map(({ code }) => code))
  const canCompute = policies.some(({ replay }) => replay !== undefined)
  const compute = canCompute ? computing(coreApart(plan, app, failing), apart) : NEVER
  const { id, essential, relays, version } = operation
  const joining = joiningOf(plan.slots)
  const { timeout } = limits
  return {
    id,
    answer,
    code,
    compute,
    errors,
    codes,
    timeout,
    essential,
    relays,
    joining,
    version: version?.name,
    isNegotiated,
  }
}

/** An endpoint without its policies. */
function coreApart(plan: EndpointPlan, app: AppScope, failing: Failing): Answer {
  const slots = liveSlots(plan.slots, app)
  const made = [...makeStage(slots, 'replay'), ...handling(plan, slots)]
  const work = watchedWork(slots, inputStages(plan, app), made, encoding(plan))
  const last = lastStages(plan, [], failing)
  return (x) => advance(x, work, 0, last, failing)
}

/** No stage that is run could ask for it. */
const NEVER = (): Promise<never> => Promise.reject(new Error('only the stage "replay" of a policy can compute'))

/** Stages 4 to 9, those that the endpoint needs, in the order of the design. */
function workStages(plan: EndpointPlan, policies: readonly Attached[], app: AppScope): readonly Stage[] {
  const slots = liveSlots(plan.slots, app)
  return [
    ...makeStage(slots, 'identify'),
    ...stagesAt(policies, 'limit'),
    ...acceptStage(plan),
    ...inputStages(plan, app),
    ...makeStage(slots, 'replay'),
    ...stagesAt(policies, 'replay'),
    ...handling(plan, slots),
    encoding(plan),
  ]
}

function makeStage(slots: readonly LiveSlot[], when: When): Stage[] {
  if (!slots.some((slot) => slot.when === when)) return []
  return [(x) => (x.reply === undefined ? makeDependencies(x, slots, when) : undefined)]
}

/** Before anything is done: what nobody could read has no effect. */
function acceptStage({ acceptance }: EndpointPlan): Stage[] {
  return acceptance === undefined ? [] : [(x) => checkAccept(x, acceptance)]
}

function inputStages({ decoders, limits }: EndpointPlan, app: AppScope): Stage[] {
  const declaresInput = Object.values(decoders).some((decoder) => decoder !== undefined)
  const form = multipartOf(decoders.body)
  const readMultipart = form && multipartReader(form, app)
  return declaresInput ? [(x) => decode(x, decoders, limits, readMultipart)] : []
}

/** The form among the bodies that are taken, of which there is one at the most: each has a media type of its own. */
function multipartOf(body: Decoders['body']): MultipartDecoder | undefined {
  return body && (body.multipart ?? multipartOf(body.otherwise))
}

/** From the input to what the handler returns. */
function handling({ operation }: EndpointPlan, slots: readonly LiveSlot[]): Stage[] {
  const handler = withHooks(operation.endpoint.handler as AnyHandler, operation.before, operation.after)
  return [...makeStage(slots, 'handle'), (x) => (x.reply === undefined ? handle(x, handler) : undefined)]
}

function encoding({ replies }: EndpointPlan): Stage {
  return (x) => encode(x, replies)
}

/** What a policy does to an exchange, with what it uses at hand. */
type Attached = { readonly [K in keyof Omit<PolicyStages, 'code'>]: Stage } & {
  readonly code: PolicyStages['code']
  /** It keeps what it keeps in a dependency of the request, and so before that ends. */
  readonly isWithin: boolean
}

/** Binds a policy's stages to what they use. That lives as long as the process: once made, it is not looked for again. */
function attach(
  plan: PolicyPlan,
  { operation, decoders, acceptance, replies }: EndpointPlan,
  app: AppScope,
  report: Report,
): Attached {
  const { policy, slots, served } = plan
  const { id, method, path } = operation
  const about = { operation: id, request: `the policy "${policy.name}"` }
  const input = { headers: namesOf(decoders.headers), cookies: namesOf(decoders.cookies) }
  const negotiate = acceptance && chosenOf(replies)
  const stages = policy.attach({
    operation: id,
    method,
    path,
    input,
    negotiate,
    report: (error) => report(error, about),
  })
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
  const { limit, replay, encode, record, code } = stages
  return {
    code,
    isWithin: served.length > 0,
    ...(limit && { limit: bound((x, use) => limit(policed(x), use)) }),
    ...(replay && { replay: bound((x, use) => (x.reply === undefined ? put(x, replay(policed(x), use)) : undefined)) }),
    ...(encode && { encode: bound((x, use) => put(x, encode(policed(x), x.reply as WireReply, use))) }),
    ...(record && { record: bound((x, use) => record(policed(x), x.reply as WireReply, use)) }),
  }
}

/** What `Accept` chooses of each reply: of two replies that have other forms, it may choose each another. */
function chosenOf(replies: readonly ReplyEncoder[]): (accept: string | undefined) => readonly string[] {
  const choices = replies.flatMap(({ choose }) => choose ?? [])
  return (accept) => choices.map((choose) => choose(accept).mediaType)
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

function stagesAt(policies: readonly Attached[], stage: Exclude<keyof PolicyStages, 'code'>): readonly Stage[] {
  return policies.flatMap((policy) => policy[stage] ?? [])
}

/** What comes when the reply is made, be it a failure's. */
function lastStages(plan: EndpointPlan, policies: readonly Attached[], failing: Failing): LastStages {
  const { slots, operation, acceptance } = plan
  // Conditions go before ranges (RFC 9110 §13.2.2).
  const encode = [
    ...(acceptance === undefined ? [] : [vary]),
    ...stagesAt(policies, 'encode'),
    ...(givesRanges(operation) ? [answerRange] : []),
  ]
  const record = slots.some((slot) => slot.untilReply)
    ? [conclusion(policies, encode, failing)]
    : stagesAt(policies, 'record')
  return { encode, record }
}

/**
 * What comes last where dependencies end before the reply is sent: those policies record it that keep it in such a
 * dependency, these end, and the other policies record what came of it. Where one of them fails, that is the reply.
 */
function conclusion(policies: readonly Attached[], encode: readonly Stage[], failing: Failing): Stage {
  const records = (isWithin: boolean): readonly Stage[] => {
    return stagesAt(
      policies.filter((policy) => policy.isWithin === isWithin),
      'record',
    )
  }
  const [within, after] = [records(true), records(false)]
  return async (x) => {
    const changed = x.reply
    x.isConcluding = true
    // Who gave up, for its time was up or its caller had left, had no effect and may come again.
    if (x.failure === undefined || x.aborted === undefined) await recordAll(x, within, failing)
    try {
      await x.releases?.conclude(x.failure)
    } catch (error) {
      failWith(x, error, failing)
    }
    if (x.reply !== changed) await encodeAll(x, encode, failing)
    // What became of it is known when that is known of all.
    if (x.joint === undefined) return recordAll(x, after, failing)
    x.joint.whenEnded((failure) => {
      x.failure ??= failure
      return recordAll(x, after, failing)
    })
  }
}
