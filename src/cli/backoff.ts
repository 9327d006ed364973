/** Workers in a row that may end at start before nobody believes in the next. */
export const LIMIT = 7

const FIRST = 200
const LONGEST = 30_000

/**
 * Milliseconds to wait before a worker is started in the place of one that ended: none the first time, then ever
 * longer.
 *
 * @param failures workers in a row that ended at start, or soon after it.
 */
export function backoff(failures: number): number {
  return failures <= 1 ? 0 : Math.min(FIRST * 2 ** (failures - 2), LONGEST)
}
