import type { Column } from 'drizzle-orm'

/** Now, as a column keeps it: a time, or true where it says no more than that. undefined for a column that can do neither. */
export function momentOf({ dataType }: Column): (() => unknown) | undefined {
  switch (dataType) {
    case 'boolean':
      return () => true
    case 'object date':
      return () => new Date()
    case 'string':
    case 'string timestamp':
    case 'string datetime':
      return () => new Date().toISOString()
    case 'number int53':
      return () => Date.now()
  }
  return undefined
}

/**
 * A moment as Postgres writes it (manual, 8.5.2): `2020-01-01 12:00:00.123456+05:30`, `0044-03-15 BC`. What says no offset is
 * of UTC, and a `Date` keeps the milliseconds.
 *
 * @returns an invalid date for infinity, and for what is later than any `Date`.
 */
export function readMoment(text: string): Date {
  // Nearly all of them, and four times as fast: a year of four digits, and an offset of whole hours, which no era is after.
  const sign = text.at(-3)
  if (text[0] !== '0' && text[4] === '-' && text.length > 19 && (sign === '+' || sign === '-')) return new Date(text)
  const [, year = '', month = '', day = '', hours, minutes, seconds, fraction = '', offset, era] =
    MOMENT.exec(text) ?? []
  const date = new Date(0)
  // Not `Date.UTC`, to which the year 1 is 1901.
  date.setUTCFullYear(era === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day))
  if (year === '') date.setTime(Number.NaN)
  if (hours === undefined) return date
  // At once: where the offset says so, the last moment of `Date` is on a day that it has not.
  const later = offset === undefined ? 0 : secondsOf(offset)
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  date.setUTCHours(Number(hours), Number(minutes), Number(seconds) - later, ms)
  return date
}

const MOMENT = /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d+))?([+-]\d\d(?::\d\d(?::\d\d)?)?)?)?( BC)?$/

/** `-03:30` in seconds: before there were time zones, offsets had them. */
function secondsOf(offset: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number)
  return (offset.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds)
}
