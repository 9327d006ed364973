import type { Exchange } from './exchange.ts'
import { letGo } from './pieces.ts'
import type { WireReply } from './reply.ts'

/** One step of an endpoint's way to its reply. */
export type Stage = (x: Exchange) => void | Promise<void>

/** Makes the reply to what was thrown. */
export type Failing = (x: Exchange, error: unknown) => WireReply

/** What comes when the reply is made, be it a failure's: it is changed, then it is told of. */
export interface LastStages {
  readonly encode: readonly Stage[]
  readonly record: readonly Stage[]
}

/**
 * Runs stages in order, waiting only for those that make it wait: one promise for each that does, and none
 * for the rest, because a promise costs a request as much as its route.
 */
export function advance(
  x: Exchange,
  work: readonly Stage[],
  from: number,
  last: LastStages,
  failing: Failing,
): WireReply | Promise<WireReply> {
  try {
    for (let i = from; i < work.length; i++) {
      const pending = (work[i] as Stage)(x)
      if (pending !== undefined) {
        return pending.then(
          () => advance(x, work, i + 1, last, failing),
          (error) => {
            failWith(x, error, failing)
            return runLast(x, last, failing)
          },
        )
      }
    }
  } catch (error) {
    failWith(x, error, failing)
  }
  return runLast(x, last, failing)
}

function runLast(x: Exchange, { encode, record }: LastStages, failing: Failing): WireReply | Promise<WireReply> {
  if (encode.length === 0 && record.length === 0) return x.reply as WireReply
  const changing = encodeAll(x, encode, failing)
  const pending =
    changing === undefined ? recordAll(x, record, failing) : changing.then(() => recordAll(x, record, failing))
  return pending === undefined ? (x.reply as WireReply) : pending.then(() => x.reply as WireReply)
}

/**
 * Runs stages that change the reply. Where one fails, that is the reply, and the others change it: it has the fields that
 * every reply has. It never rejects.
 */
export function encodeAll(
  x: Exchange,
  stages: readonly Stage[],
  failing: Failing,
  from = 0,
): Promise<void> | undefined {
  for (let i = from; i < stages.length; i++) {
    const stage = stages[i] as Stage
    try {
      const pending = stage(x)
      if (pending !== undefined) {
        return pending.then(
          () => encodeAll(x, stages, failing, i + 1),
          (error) => encodeOthers(x, stages, stage, failing, error),
        )
      }
    } catch (error) {
      return encodeOthers(x, stages, stage, failing, error)
    }
  }
  return undefined
}

function encodeOthers(
  x: Exchange,
  stages: readonly Stage[],
  failed: Stage,
  failing: Failing,
  error: unknown,
): Promise<void> | undefined {
  failWith(x, error, failing)
  return encodeAll(
    x,
    stages.filter((stage) => stage !== failed),
    failing,
  )
}

/** Runs stages that tell of the reply. Where one fails, that is the reply, and the others are told so. It never rejects. */
export function recordAll(
  x: Exchange,
  stages: readonly Stage[],
  failing: Failing,
  from = 0,
): Promise<void> | undefined {
  for (let i = from; i < stages.length; i++) {
    try {
      const pending = (stages[i] as Stage)(x)
      if (pending !== undefined) {
        return pending
          .catch((error: unknown) => failWith(x, error, failing))
          .then(() => recordAll(x, stages, failing, i + 1))
      }
    } catch (error) {
      failWith(x, error, failing)
    }
  }
  return undefined
}

/** Puts the reply to a failure in the place of the one there is, which nobody will read. */
export function failWith(x: Exchange, error: unknown, failing: Failing): void {
  const dropped = x.reply
  x.reply = failing(x, error)
  if (dropped !== undefined) letGo(dropped.body)
}
