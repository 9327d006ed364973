/** The known name that was most likely meant: at most two letters are wrong, and fewer than half of them. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const near = known.map((one) => [one, distance(name.toLowerCase(), one.toLowerCase())] as const)
  const [best] = near.toSorted(([, a], [, b]) => a - b)
  if (best === undefined || best[1] > 2 || best[1] * 2 >= best[0].length) return undefined
  return best[0]
}

/** How many letters must be added, taken out or changed to make one text the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[to.length] as number
}
