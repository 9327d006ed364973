import { performance } from 'node:perf_hooks'

/** What the event loop tells of itself. Each is a field or a short call: nothing wakes up to measure. */
export interface EventLoop {
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
  /** Milliseconds for which it has had nothing to do. */
  readonly idle: () => number
  /** How many turns it has begun. */
  readonly turns: () => number
  /** How many things have come from outside: connections, octets, ends. */
  readonly events: () => number
  /** Calls back in this turn or the next, after all that has come. */
  readonly afterwards: (callback: () => void) => void
}

/** The one of this process (libuv counts idle time and turns by itself). */
export function nodeEventLoop(): EventLoop {
  const { nodeTiming } = performance
  return {
    now: () => performance.now(),
    idle: () => nodeTiming.idleTime,
    turns: () => nodeTiming.uvMetricsInfo.loopCount,
    events: () => nodeTiming.uvMetricsInfo.events,
    afterwards: setImmediate,
  }
}
