import { randomBytes } from 'node:crypto'
import cluster, { type Worker } from 'node:cluster'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LIMIT, backoff } from './backoff.ts'
import type { ServingOptions } from './serving.ts'
import type { ToSupervisor, ToWorker } from './worker.ts'

export interface WorkersOptions {
  readonly size: number
  readonly serving: ServingOptions
  /** Milliseconds that a worker has to leave before it is killed. */
  readonly patience: number
  /** Tells whoever runs this what happens. */
  readonly say: (sentence: string) => void
  /** Called when no worker serves and nothing is tried any more. */
  readonly gaveUp: (sentence: string) => void
}

/** The processes that serve an API, kept at their number. */
export interface Workers {
  /** Resolves with where they listen, when all of them do. */
  readonly start: () => Promise<string>
  /** Replaces one after the other: a new one serves before an old one is asked to leave. */
  readonly reload: () => Promise<void>
  /** Has all of them leave. False where one could not start, failed to stop, or had to be killed. */
  readonly stop: (drain: number) => Promise<boolean>
}

/** One worker, from its start to its end. */
interface Member {
  readonly worker: Worker
  readonly began: number
  /** `spare` is a new one that serves beside the old one it is to replace. */
  state: 'starting' | 'serving' | 'spare' | 'leaving'
  killed: boolean
  /** Why it could not serve, where it said so. */
  failure: string | undefined
  /** True when it serves, false when it ended before. */
  readonly served: Promise<boolean>
  readonly ended: Promise<void>
}

function isToSupervisor(message: unknown): message is ToSupervisor {
  const { is, place, sentence } = (message ?? {}) as Record<string, unknown>
  return (is === 'serving' && typeof place === 'string') || (is === 'failed' && typeof sentence === 'string')
}

/** Milliseconds after which a worker that ends was a good one: it is replaced at once, whatever came before. */
const SETTLED = 5000

/** Milliseconds that a worker has to start where others serve meanwhile. Where none does, somebody watches anyway. */
const START_LIMIT = 60_000

export function createWorkers(options: WorkersOptions): Workers {
  const { size, serving, patience, say, gaveUp } = options
  // One listening socket, shared: its queue stays when a worker leaves, and its connections are taken by the others.
  // With round robin the connections that are on their way to a worker when it ends are lost: the supervisor keeps
  // them open, and no one answers.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({
    // The extension is this file's own: `.ts` from source, `.js` from the package.
    exec: fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url)),
    args: [JSON.stringify(serving)],
  })
  // What one worker signs another takes, such as the cursor of a page.
  const secret = process.env.TRESTLE_SECRET || randomBytes(32).toString('base64url')
  const members = new Set<Member>()
  const all = Promise.withResolvers<string>()
  let proven = false
  let failures = 0
  let stopping = false
  let retry: NodeJS.Timeout | undefined
  let reloading: Promise<void> | undefined
  let again = false

  const inState = (...states: Member['state'][]): Member[] => [...members].filter(({ state }) => states.includes(state))

  const launch = (state: 'starting' | 'spare'): Member => {
    const worker = cluster.fork({ TRESTLE_SECRET: secret })
    const served = Promise.withResolvers<boolean>()
    const ended = Promise.withResolvers<void>()
    const member: Member = {
      worker,
      began: performance.now(),
      state,
      killed: false,
      failure: undefined,
      served: served.promise,
      ended: ended.promise,
    }
    members.add(member)
    worker.on('message', (message: unknown) => {
      // The API may send some of its own: process managers are told `ready` that way.
      if (!isToSupervisor(message)) return
      if (message.is === 'failed') {
        member.failure = message.sentence
        return
      }
      proven = true
      if (member.state === 'starting') member.state = 'serving'
      served.resolve(true)
      if (inState('serving').length >= size) all.resolve(message.place)
      fill()
    })
    const gone = (how: string): void => {
      if (!members.delete(member)) return
      served.resolve(false)
      ended.resolve()
      if (!stopping && (member.state === 'starting' || member.state === 'serving')) onDeath(member, how)
    }
    worker.once('exit', (code, signal) =>
      gone(signal === null ? `it ended with exit code ${code}` : `${signal} ended it`),
    )
    worker.on('error', (error) => {
      // Else it is a message that did not reach a worker which is about to be gone.
      if (worker.process.pid === undefined) gone(error.message)
    })
    return member
  }

  /** Starts what is missing: all at once, but one at a time while it is not known whether they can. */
  const fill = (): void => {
    if (stopping || retry !== undefined) return
    const missing = size - inState('starting', 'serving').length
    if (missing <= 0) return
    const doubtful = !proven || failures > 1
    if (doubtful && inState('starting').length > 0) return
    for (let i = doubtful ? missing - 1 : 0; i < missing; i++) limitStart(launch('starting'))
  }

  /** Kills a worker that does not come to serve, where others do. */
  const limitStart = (member: Member): void => {
    const timer = setTimeout(() => {
      if (inState('serving').length === 0) return
      member.failure ??= `it did not serve within ${START_LIMIT / 1000} s`
      member.worker.process.kill('SIGKILL')
    }, START_LIMIT)
    void member.served.then(() => clearTimeout(timer))
  }

  const onDeath = (member: Member, end: string): void => {
    const { worker, began, failure } = member
    const how = failure ?? end
    // What can be mended only by whoever started this is told to them, and not tried again.
    if (!proven && failure !== undefined) return gaveUp(failure)
    if (member.state === 'serving' && performance.now() - began >= SETTLED) failures = 0
    failures++
    const left = inState('starting', 'serving').length
    const when = member.state === 'starting' ? ' before it served' : ''
    if (failures >= LIMIT && left === 0) {
      return gaveUp(`${failures} workers in a row ended at start or soon after, the last${when}: ${how}. Giving up`)
    }
    const delay = backoff(failures)
    say(
      `Worker ${worker.process.pid} is gone${when}: ${how}. Starting another ${delay === 0 ? 'at once' : `in ${delay} ms`}`,
    )
    clearTimeout(retry)
    retry = undefined
    if (delay === 0) return fill()
    retry = setTimeout(() => {
      retry = undefined
      fill()
    }, delay)
  }

  /** Asks a worker to leave, and kills it where it does not in time. */
  const dismiss = async (member: Member, how: ToWorker, time: number): Promise<void> => {
    member.state = 'leaving'
    if (member.worker.isConnected()) member.worker.send(how)
    const timer = setTimeout(() => {
      member.killed = true
      member.worker.process.kill('SIGKILL')
    }, time)
    await member.ended
    clearTimeout(timer)
  }

  const replaceAll = async (): Promise<void> => {
    const old = inState('serving')
    // Who sends new code does not want to wait for what the old code has earned.
    failures = 0
    clearTimeout(retry)
    retry = undefined
    fill()
    let replaced = 0
    for (const member of old) {
      // One that ended meanwhile has been replaced by a new one already.
      if (member.state !== 'serving' || !members.has(member)) continue
      const next = launch('spare')
      limitStart(next)
      const served = await next.served
      if (stopping) return
      if (!served) {
        const done = replaced === 0 ? '' : `, ${replaced} of them new`
        const reason = next.failure ?? 'it ended before it served'
        return say(`The reload ended: a new worker could not start: ${reason}. The others serve on${done}`)
      }
      next.state = 'serving'
      // The old one may have ended meanwhile, and a third have come for it, which may serve only later.
      const isTooMany = inState('starting', 'serving').length > size
      const surplus = members.has(member) ? member : isTooMany ? (inState('starting').at(-1) ?? next) : undefined
      if (surplus !== undefined) await dismiss(surplus, { is: 'hand-over' }, patience)
      fill()
      replaced++
    }
    if (!stopping && replaced > 0)
      say(`Reloaded: ${replaced} new ${replaced === 1 ? 'worker serves' : 'workers serve'}`)
  }

  return {
    start: () => {
      fill()
      return all.promise
    },
    reload: async () => {
      again = true
      if (reloading !== undefined || stopping) return reloading
      const run = async (): Promise<void> => {
        while (again && !stopping) {
          again = false
          await replaceAll()
        }
        reloading = undefined
      }
      reloading = run()
      return reloading
    },
    stop: async (drain) => {
      stopping = true
      clearTimeout(retry)
      const leaving = [...members]
      await Promise.all(leaving.map((member) => dismiss(member, { is: 'stop', drain }, drain + patience)))
      for (const failure of new Set(leaving.map((member) => member.failure))) {
        if (failure !== undefined) say(failure)
      }
      const killed = leaving.filter((member) => member.killed).length
      if (killed > 0) say(`${killed} of the workers had to be killed: their time was up`)
      // One that a signal to the whole group ended as it was launched has no exit code.
      return killed === 0 && leaving.every(({ worker }) => !worker.process.exitCode)
    },
  }
}
