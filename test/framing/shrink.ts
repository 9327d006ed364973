import type { Trial } from './trial.ts'

const MOST_TRIES = 3000

/** Makes a trial smaller, as long as it still fails in the same way. */
export async function shrink(trial: Trial, fails: (trial: Trial) => Promise<boolean>): Promise<Trial> {
  let best = trial
  let tries = 0
  for (let size = Math.ceil(trial.text.length / 2), last = false; !last || size >= 1; ) {
    let smaller = false
    for (const candidate of [...withFewerCuts(best), ...withoutRanges(best, size)]) {
      if (tries++ >= MOST_TRIES) return best
      if (!(await fails(candidate))) continue
      best = candidate
      smaller = true
      break
    }
    if (smaller) continue
    if (size === 1) return best
    size = Math.ceil(size / 2)
    last = size === 1
  }
  return best
}

function* withFewerCuts(trial: Trial): Generator<Trial> {
  const { cuts } = trial
  if (cuts.length === 0) return
  yield { ...trial, cuts: [] }
  for (let size = Math.ceil(cuts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < cuts.length; at += size) yield { ...trial, cuts: cuts.toSpliced(at, size) }
  }
}

function* withoutRanges(trial: Trial, size: number): Generator<Trial> {
  const { text, cuts } = trial
  for (let from = 0; from < text.length; from += size) {
    const to = Math.min(from + size, text.length)
    const left = text.slice(0, from) + text.slice(to)
    const moved = cuts.map((at) => (at <= from ? at : Math.max(from, at - (to - from))))
    yield { ...trial, text: left, cuts: [...new Set(moved)].filter((at) => at > 0 && at < left.length) }
  }
}
