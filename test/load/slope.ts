/** A straight line through points, by least squares. */
export interface Slope {
  /** Growth for one unit of x. */
  readonly slope: number
  /** Its standard error: how far off noise alone may put it. */
  readonly error: number
}

export function slopeOf(points: readonly (readonly [x: number, y: number])[]): Slope {
  const n = points.length
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  const off = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, error: Math.sqrt(off / Math.max(1, n - 2) / spread) }
}

/** True where a line rises by no more than a limit, or by no more than noise may make it. */
export function isFlat({ slope, error }: Slope, limit: number): boolean {
  return slope <= Math.max(limit, 2 * error)
}
