/** So many requests in so many milliseconds. */
export interface Quota {
  readonly count: number
  readonly window: number
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
}

const FORM = /^\s*(\d+)\s*(?:\/|per)\s*(\d+)?\s*([a-z]+)\s*$/i

/**
 * Reads `'100/minute'`, `'10/s'`, `'5 per hour'`, `'300/15 minutes'`.
 *
 * @throws {TypeError} for anything else, and for a count or a time of 0.
 */
export function toQuota(text: string): Quota {
  const [, count, times = '1', unit = ''] = FORM.exec(text) ?? []
  const one = UNITS[unit.toLowerCase()] ?? UNITS[unit.toLowerCase().replace(/(?<=...)s$/, '')]
  const quota = { count: Number(count), window: Number(times) * (one ?? Number.NaN) }
  if (quota.count > 0 && quota.window > 0 && Number.isSafeInteger(quota.count * quota.window)) return quota
  throw new TypeError(`"${text}" is no limit: write it like "100/minute", "10/second" or "300/15 minutes"`)
}
