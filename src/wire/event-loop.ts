const { performance } = process.getBuiltinModule('node:perf_hooks')

/** What the event loop tells of itself, and lets be done. Nothing wakes up to measure: libuv counts by itself. */
export interface EventLoop {
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
  /** Milliseconds for which it has waited for something to do. */
  readonly idle: () => number
  /** How many turns it has begun. */
  readonly turns: () => number
  /** How many things have come from outside: connections, octets, ends. */
  readonly events: () => number
  /** Calls back before anything else is done, but for what has been promised before. */
  readonly soon: (callback: () => void) => void
  /** Calls back once what has come is read. */
  readonly afterwards: (callback: () => void) => void
  /** Calls back in a millisecond. */
  readonly later: (callback: () => void) => void
}

/** The one of this process. */
export function nodeEventLoop(): EventLoop {
  const { nodeTiming } = performance
  return {
    now: () => performance.now(),
    idle: () => nodeTiming.idleTime,
    turns: () => nodeTiming.uvMetricsInfo.loopCount,
    events: () => nodeTiming.uvMetricsInfo.events,
    soon: queueMicrotask,
    afterwards: (callback) => void setImmediate(callback),
    later: (callback) => void setTimeout(callback, 1),
  }
}
