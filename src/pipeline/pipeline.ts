import type { Plan } from '../compile/plan.ts'
import { RouteTable } from '../compile/route-table.ts'
import { Problem } from '../contract/problem.ts'
import { frontDoor } from '../contract/front-door.ts'
import { readiness } from '../contract/readiness.ts'
import { addVary } from '../contract/vary.ts'
import { type Admission, admit } from './admit.ts'
import type { Failing } from './advance.ts'
import type { Apart } from './compute.ts'
import { AppScope } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import { type Report, aboutOf, careful, fail, problemReply } from './fail.ts'
import { frame } from './frame.ts'
import { PipelineFrontDoor } from './front-door.ts'
import { match } from './match.ts'
import { type Answer, onion } from './onion.ts'
import { PipelineReadiness } from './readiness.ts'
import { presented } from './presented.ts'
import type { WireReply } from './reply.ts'
import { type Endpoint, composeEndpoint } from './stages.ts'
import { stampRefusal, stamped } from './stamps.ts'
import { inTime } from './time-limit.ts'
import { VersionedRoutes } from './versions.ts'

export type Routes = RouteTable<Endpoint>

export interface PipelineOptions {
  /** Where internal failures are told. */
  readonly report: Report
  /** Replaces the reply to an internal failure, in development. */
  readonly showFailure?: (x: Exchange, error: unknown) => WireReply | undefined
  /** Refuses requests under overload; none is unless told. */
  readonly admission?: Admission
}

/** Runs a plan on requests. The same for every wire. */
export interface Pipeline {
  /**
   * Answers a request. The wire sends the reply, then calls `finish`, with the failure where it could
   * not send all of it. It never rejects.
   */
  readonly answer: Answer
  /**
   * Makes the dependencies that are to be there before the first request. Where one fails, what was made before it
   * is released, and the promise rejects with what that one threw.
   */
  readonly start: () => Promise<void>
  /** The reply to a request that is so wrong that it never became an exchange. It never throws. */
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
  const ready = new PipelineReadiness(app, options.report)
  app.provide(readiness, ready)
  const routes: Routes = new RouteTable()
  const failing: Failing = (x, error) => {
    if (error instanceof Problem) tellUndeclared(x, error, options.report)
    const reply = fail(x, error, x.endpoint?.errors ?? plan.errors, options.report)
    if (x.endpoint?.isNegotiated) addVary(reply, 'Accept')
    if (reply.status !== 500 || options.showFailure === undefined) return reply
    try {
      return options.showFailure(x, error) ?? reply
    } catch (odd) {
      options.report(odd, aboutOf(x))
      return reply
    }
  }
  app.provide(
    frontDoor,
    new PipelineFrontDoor({
      plan,
      answer: (x) => answer(x),
      endpointOf: (x) => endpointOf(x),
      finish: (x, failure) => finish(x, failure),
      handlerEnds: (x) => handlerEnds(x, hurried, options.report),
      failing,
      report: options.report,
    }),
  )
  const apart: Apart = (x, core) => {
    const timeout = x.endpoint?.timeout ?? 0
    const running = Promise.resolve(core(x))
    x.running = running
    const work = (timeout > 0 ? inTime(x, running, timeout, failing) : running).then((reply) => {
      finish(x)
      return reply
    })
    const held = work.then(() => void after.delete(held))
    after.add(held)
    return work
  }
  const endpoints = plan.endpoints.map(
    (endpoint) => [endpoint, composeEndpoint(endpoint, app, failing, options.report, apart)] as const,
  )
  const versioned = plan.versions && new VersionedRoutes(plan.versions, endpoints)
  if (versioned === undefined) {
    for (const [{ operation }, endpoint] of endpoints) routes.add(operation.method, operation.path, endpoint)
  }
  const find = versioned === undefined ? (x: Exchange) => match(x, routes) : (x: Exchange) => versioned.match(x)
  const unmatched = onion(plan.middleware, (x) => x.reply as WireReply, failing)
  const after = new Set<Promise<void>>()
  let hurry = (): void => {}
  /** Settles when nobody waits for handlers any more. */
  const hurried = new Promise<void>((resolve) => {
    hurry = resolve
  })

  const settling = (x: Exchange, failure?: Error): void => {
    x.onLateTask = undefined
    const work = settle(x, failure, hurried, options.report).then(() => {
      after.delete(work)
      if (x.tasks === undefined || x.tasks.length === 0) x.onLateTask = settling
      else settling(x, failure)
    })
    after.add(work)
  }
  const finish = (x: Exchange, failure?: Error): void => {
    if (x.over) return
    if (failure !== undefined) x.abort(failure)
    x.over = true
    if (x.releases === undefined && x.tasks === undefined) x.onLateTask = settling
    else settling(x, failure)
  }

  const close = async (patience?: number): Promise<void> => {
    ready.stopping()
    const about = { operation: undefined, request: 'shutdown' }
    if (!(await allDone(after, patience))) hurry()
    if (!(await allDone(after, patience))) {
      options.report(new Error(`background work of ${after.size} requests was not done when its time was up`), about)
    }
    await app.close((error) => options.report(error, about))
  }

  const begin = (x: Exchange, endpoint: Endpoint): WireReply | Promise<WireReply> => {
    const reply = endpoint.answer(x)
    if (!(reply instanceof Promise)) return reply
    x.running = reply
    return endpoint.timeout > 0 ? inTime(x, reply, endpoint.timeout, failing) : reply
  }
  const { admission } = options
  const enter = admission === undefined ? begin : admit(admission, begin, options.report)

  /** The endpoint that a request is for; undefined where it is for none. */
  const endpointOf = (x: Exchange): Endpoint | undefined => {
    try {
      frame(x.request)
      find(x)
    } catch {} // what is wrong with it is told when it is answered
    return x.endpoint
  }

  const plain: Answer = (x) => {
    try {
      frame(x.request)
      find(x)
    } catch (error) {
      x.reply = failing(x, error)
    }
    const { endpoint } = x
    if (endpoint === undefined) return unmatched(x)
    return endpoint.essential ? begin(x, endpoint) : enter(x, endpoint)
  }

  const versionless = versioned?.around(plain) ?? plain
  const { presentation } = plan
  const whole = presentation === undefined ? versionless : presented(presentation, versionless, failing, options.report)

  const answer = plan.stamps.reduceRight((inner, stamp) => stamped(stamp, inner), whole)
  return {
    answer,
    start: async () => {
      try {
        await app.start()
        ready.started()
      } catch (error) {
        await close()
        throw error
      }
    },
    refuse: (problem) => {
      const about = { operation: undefined, request: `a refusal with ${problem.code}` }
      const reply = problemReply(problem, plan.errors, (error) => options.report(error, about))
      return stampRefusal(plan.stamps, reply)
    },
    finish,
    close,
  }
}

/**
 * Tells, once for each endpoint and code, of a problem that was thrown and is not declared. It is sent all the
 * same, for the caller is right to be told; but no description of the API has it.
 */
function tellUndeclared(x: Exchange, { code }: Problem, report: Report): void {
  const { endpoint } = x
  if (endpoint === undefined || endpoint.codes.has(code)) return
  endpoint.codes.add(code)
  const mend = 'list it in "throws" of the endpoint, its group, its API or the dependency that throws it'
  report(new Error(`${endpoint.id} threw the problem "${code}", which it does not declare: ${mend}`), aboutOf(x))
}

async function settle(x: Exchange, failure: Error | undefined, hurried: Promise<void>, report: Report): Promise<void> {
  const about = aboutOf(x)
  const ended = x.releases === undefined || (await handlerEnds(x, hurried, report))
  // Who is still at work is told to stop, and why what it holds is taken from it.
  const reason = ended ? (x.failure ?? x.aborted ?? failure) : x.aborted
  await x.releases?.end(reason, (error) => report(error, about))
  for (let task = x.tasks?.shift(); task !== undefined; task = x.tasks?.shift()) {
    try {
      await task()
    } catch (error) {
      report(error, about)
    }
  }
}

/** Milliseconds that a handler without a time limit may go on after its reply is over. */
const GRACE = 30_000

/**
 * Waits for a handler whose caller left, or whose time was up, and for the stream that it returned. What it works with is not released under
 * it: the next request would get a connection with its transaction open. One that does not end when its
 * signal fires, nor in its own time limit after that, is told and loses what it holds: false then.
 */
async function handlerEnds(x: Exchange, hurried: Promise<void>, report: Report): Promise<boolean> {
  const { running, working, sending } = x
  if (running === undefined && working === undefined && sending === undefined) return true
  const patience = x.endpoint?.timeout || GRACE
  let isHurried = false
  const left = hurried.then(() => {
    isHurried = true
    return false
  })
  const ended = Promise.all([running, working, sending]).then(() => true)
  if (await within(Promise.race([ended, left]), patience)) return true
  const mend = 'hand `signal` to what it awaits'
  const late = new Error(`${x.operation} went on for ${patience} ms after its reply was over: ${mend}`)
  if (!isHurried) report(late, aboutOf(x))
  x.abort(isHurried ? new Error('the server stopped before the handler had ended') : late)
  return false
}

/** Waits until the set is empty; false where `patience` ends first. */
function allDone(work: ReadonlySet<Promise<void>>, patience: number | undefined): Promise<boolean> {
  const all = (async () => {
    while (work.size > 0) await Promise.all(work)
    return true
  })()
  return patience === undefined ? all : within(all, patience)
}

/** What the promise comes to; false where that takes more than so many milliseconds. */
function within(promise: Promise<boolean>, patience: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), patience)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
