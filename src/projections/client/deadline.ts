/** When a call is over, whatever it waits for. */
export interface Deadline {
  /** Fires when the time is up or the caller's own signal fires. */
  readonly signal: AbortSignal
  readonly milliseconds: number
  /** Why it is over, once it is. */
  readonly over: 'timeout' | 'aborted' | undefined
  /** Waits for `work`, no longer than to the end. */
  race<T>(work: Promise<T>): Promise<T>
  /** Stops the clock. The caller's signal holds on, for a stream that is still read. */
  stop(): void
}

export function createDeadline(milliseconds = 0, signal?: AbortSignal): Deadline {
  const clock = new AbortController()
  const timer =
    milliseconds > 0
      ? setTimeout(() => clock.abort(new DOMException('The time is up', 'TimeoutError')), milliseconds)
      : undefined
  const either = signal === undefined ? clock.signal : AbortSignal.any([signal, clock.signal])
  let leave = (): void => {}
  const end = new Promise<never>((_, reject) => {
    const fire = (): void => reject(either.reason)
    if (either.aborted) fire()
    else either.addEventListener('abort', fire, { once: true })
    leave = () => either.removeEventListener('abort', fire)
  })
  // Nobody may be waiting when it fires.
  end.catch(() => {})
  return {
    signal: either,
    milliseconds,
    get over() {
      return clock.signal.aborted ? 'timeout' : signal?.aborted ? 'aborted' : undefined
    },
    race: (work) => Promise.race([work, end]),
    stop() {
      clearTimeout(timer)
      leave()
    },
  }
}
