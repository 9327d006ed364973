import type { Decoders } from '../compile/decoder.ts'
import { faultsOf } from '../compile/faults.ts'
import type { EndpointPlan, Plan } from '../compile/plan.ts'
import { RouteTable } from '../compile/route-table.ts'
import type { PolicyContext, PolicyStages } from '../contract/policy.ts'
import { Problem } from '../contract/problem.ts'
import { HandlerTimeout } from '../contract/problems.ts'
import { decode } from './decode.ts'
import { AppScope, liveSlots, makeDependencies } from './dependencies.ts'
import { encode } from './encode.ts'
import type { Exchange } from './exchange.ts'
import { type Report, aboutOf, careful, fail, problemReply } from './fail.ts'
import { frame } from './frame.ts'
import { type AnyHandler, handle, withHooks } from './handle.ts'
import type { Incoming } from './incoming.ts'
import { match } from './match.ts'
import { type Answer, onion } from './onion.ts'
import { letGo } from './pieces.ts'
import type { WireReply } from './reply.ts'

/** One step of an endpoint's way to its reply. */
type Stage = (x: Exchange) => void | Promise<void>

/** An endpoint with its stages in order: only those it needs. */
export interface Endpoint {
  readonly id: string
  readonly answer: Answer
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number
}

export type Routes = RouteTable<Endpoint>

export interface PipelineOptions {
  /** Where internal failures are told. */
  readonly report: Report
  /** Replaces the reply to an internal failure, in development. */
  readonly showFailure?: (x: Exchange, error: unknown) => WireReply | undefined
}

/** Runs a plan on requests. The same for every wire. */
export interface Pipeline {
  /**
   * Answers a request. The wire sends the reply, then calls `finish`, with the failure where it could
   * not send all of it. It never rejects.
   */
  readonly answer: Answer
  /** Makes the dependencies that are to be there before the first request. Rejects with what the first to fail threw. */
  readonly start: () => Promise<void>
  /** The reply to a request that is so wrong that it never became an exchange. */
  readonly refuse: (problem: Problem) => WireReply
  /** Releases what the exchange holds, then runs its background work. */
  readonly finish: (x: Exchange, failure?: Error) => void
  /**
   * Waits for what is under way, then releases what lives as long as the process.
   *
   * @param patience milliseconds to wait for background work; without it, as long as that takes.
   */
  readonly close: (patience?: number) => Promise<void>
}

/** Makes a pipeline of a plan: each endpoint's stages, composed once. */
export function createPipeline(plan: Plan, given: PipelineOptions): Pipeline {
  const options = { ...given, report: careful(given.report) }
  const app = new AppScope()
  const routes: Routes = new RouteTable()
  const plans = new Map<Endpoint, EndpointPlan>()
  const undeclared = tellUndeclared(options.report)
  const failing = (x: Exchange, error: unknown): WireReply => {
    const own = x.endpoint === undefined ? undefined : plans.get(x.endpoint)
    if (own !== undefined && error instanceof Problem) undeclared(x, own, error)
    const reply = fail(x, error, own?.errors ?? plan.errors, options.report)
    return (reply.status === 500 && options.showFailure?.(x, error)) || reply
  }
  for (const endpoint of plan.endpoints) {
    const live = liveEndpoint(endpoint, app, failing)
    routes.add(endpoint.operation.method, endpoint.operation.path, live)
    plans.set(live, endpoint)
  }
  const unmatched = onion(plan.middleware, (x) => x.reply as WireReply, failing)
  const after = new Set<Promise<void>>()

  const finish = (x: Exchange, failure?: Error): void => {
    if (failure !== undefined) x.abort(failure)
    x.over = true
    if (x.releases === undefined && x.tasks === undefined) return
    const work = settle(x, failure, options.report).finally(() => after.delete(work))
    after.add(work)
  }

  return {
    answer: (x) => {
      try {
        frame(x.request)
        match(x, routes)
      } catch (error) {
        x.reply = failing(x, error)
      }
      const { endpoint } = x
      if (endpoint === undefined) return unmatched(x)
      const reply = endpoint.answer(x)
      return reply instanceof Promise && endpoint.timeout > 0 ? inTime(x, reply, endpoint.timeout, failing) : reply
    },
    start: () => app.start(),
    refuse: (problem) => problemReply(problem, plan.errors),
    finish,
    close: async (patience) => {
      const about = { operation: undefined, request: 'shutdown' }
      if (!(await allDone(after, patience))) {
        options.report(new Error(`background work of ${after.size} requests was not done when its time was up`), about)
      }
      await app.close((error) => options.report(error, about))
    },
  }
}

/**
 * Tells, once for each endpoint and code, of a problem that was thrown and is not declared. It is sent all the
 * same, for the caller is right to be told; but no description of the API has it.
 */
function tellUndeclared(report: Report): (x: Exchange, plan: EndpointPlan, problem: Problem) => void {
  const told = new Set<string>()
  return (x, { operation }, { code }) => {
    const key = `${operation.id} ${code}`
    if (told.has(key) || faultsOf(operation).some((fault) => fault.code === code)) return
    told.add(key)
    const mend = 'list it in "throws" of the endpoint, its group, its API or the dependency that throws it'
    report(new Error(`${operation.id} threw the problem "${code}", which it does not declare: ${mend}`), aboutOf(x))
  }
}

async function settle(x: Exchange, failure: Error | undefined, report: Report): Promise<void> {
  const about = aboutOf(x)
  await x.releases?.end(x.failure ?? x.aborted ?? failure, (error) => report(error, about))
  for (const task of x.tasks ?? []) {
    try {
      await task()
    } catch (error) {
      report(error, about)
    }
  }
}

/** Waits until the set is empty; false where `patience` ends first. */
function allDone(work: ReadonlySet<Promise<void>>, patience: number | undefined): Promise<boolean> {
  const all = (async () => {
    while (work.size > 0) await Promise.all(work)
    return true
  })()
  if (patience === undefined) return all
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), patience)
    all.then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

/** The reply, or 503 when it takes too long. What still runs is told by the signal. */
function inTime(
  x: Exchange,
  reply: Promise<WireReply>,
  timeout: number,
  failing: (x: Exchange, error: unknown) => WireReply,
): Promise<WireReply> {
  return new Promise((resolve) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      const problem = HandlerTimeout({ headers: { 'retry-after': '1' } })
      resolve(failing(x, problem))
      x.abort(problem)
    }, timeout)
    reply.then((given) => {
      clearTimeout(timer)
      if (late) letGo(given.body)
      else resolve(given)
    })
  })
}

function liveEndpoint(
  plan: EndpointPlan,
  app: AppScope,
  failing: (x: Exchange, error: unknown) => WireReply,
): Endpoint {
  const { operation, limits } = plan
  const work = workStages(plan, app)
  const last = lastStages(plan.policies)
  const core: Answer = (x) => runAll(x, work, last, failing)
  return { id: operation.id, answer: onion(operation.middleware, core, failing), timeout: limits.timeout }
}

/** Stages 4 to 9, those that the endpoint needs, in the order of the design. */
function workStages(plan: EndpointPlan, app: AppScope): readonly Stage[] {
  const { operation, decoders, limits, policies, replies } = plan
  const slots = liveSlots(plan.slots, app)
  const handler = withHooks(operation.endpoint.handler as AnyHandler, operation.before, operation.after)
  const stages: Stage[] = []
  if (slots.some((slot) => slot.early)) stages.push((x) => makeDependencies(x, slots, true))
  for (const { limit } of policies) if (limit !== undefined) stages.push((x) => limit(policyContext(x)))
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

async function replayed(x: Exchange, replay: NonNullable<PolicyStages['replay']>): Promise<void> {
  if (x.reply !== undefined) return
  const reply = await replay(policyContext(x))
  if (reply !== undefined) x.reply = reply as WireReply
}

/** What policies do to a reply that is made, be it a failure's: change it, then record it. */
function lastStages(policies: readonly PolicyStages[]): readonly Stage[] {
  const encoding = policies.flatMap(({ encode }) => (encode === undefined ? [] : [encode]))
  const recording = policies.flatMap(({ record }) => (record === undefined ? [] : [record]))
  return [
    ...encoding.map(
      (encode): Stage =>
        (x) => {
          const changed = encode(policyContext(x), x.reply as WireReply)
          if (changed instanceof Promise) {
            return changed.then((reply) => {
              x.reply = (reply as WireReply | undefined) ?? x.reply
            })
          }
          x.reply = (changed as WireReply | undefined) ?? x.reply
        },
    ),
    ...recording.map(
      (record): Stage =>
        (x) =>
          record(policyContext(x), x.reply as WireReply),
    ),
  ]
}

function policyContext(x: Exchange): PolicyContext {
  return x.context
}

function runAll(
  x: Exchange,
  work: readonly Stage[],
  last: readonly Stage[],
  failing: (x: Exchange, error: unknown) => WireReply,
): WireReply | Promise<WireReply> {
  try {
    const pending = runFrom(x, work, 0)
    if (pending !== undefined) {
      return pending.then(
        () => runLast(x, last, failing),
        (error) => {
          x.reply = failing(x, error)
          return runLast(x, last, failing)
        },
      )
    }
  } catch (error) {
    x.reply = failing(x, error)
  }
  return runLast(x, last, failing)
}

function runLast(
  x: Exchange,
  last: readonly Stage[],
  failing: (x: Exchange, error: unknown) => WireReply,
): WireReply | Promise<WireReply> {
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
