import type { Trial } from './trial.ts'
import type { End, Verdict } from './verdict.ts'

/** What the ends of cases are called in a report, in its order. */
const ENDS: readonly (readonly [End, string])[] = [
  ['taken', 'all that came taken by both'],
  ['refused', 'the rest refused by both'],
  ['node only', 'the rest taken by node only'],
  ['apart', 'the rest known to be read apart'],
]

/** Reasons that are printed. */
const MOST_REASONS = 40

/** What the cases of a run came to. */
export class Tally {
  /** Requests that both took whole, with the same framing. */
  both = 0
  /** Cases with something that the engine took and node did not take so. */
  engineOnly = 0
  pieces = 0
  octets = 0
  readonly #ends = new Map<End, number>()
  readonly #reasons = new Map<End, Map<string, number>>()

  add(verdict: Verdict, { text, cuts }: Trial): void {
    this.octets += text.length
    this.pieces += cuts.length + 1
    if (verdict.is === 'disagreement') {
      this.engineOnly++
      return
    }
    const { both, end, why } = verdict
    this.both += both
    this.#ends.set(end, this.ended(end) + 1)
    const reasons = this.#reasons.get(end) ?? new Map<string, number>()
    this.#reasons.set(end, reasons.set(why, (reasons.get(why) ?? 0) + 1))
  }

  /** Cases that ended so. */
  ended(end: End): number {
    return this.#ends.get(end) ?? 0
  }

  /** Why they ended so, the most frequent first. */
  reasons(end: End): (readonly [why: string, cases: number])[] {
    return [...(this.#reasons.get(end) ?? [])].toSorted(([, a], [, b]) => b - a)
  }

  lines(): string[] {
    const count = (cases: number, what: string): string => `${String(cases).padStart(9)}  ${what}`
    return [
      count(this.both, 'requests taken by both with the same framing'),
      ...ENDS.map(([end, name]) => count(this.ended(end), `cases: ${name}`)),
      count(this.engineOnly, 'cases: taken by the engine and not so by node'),
      ...(['node only', 'apart'] as const).flatMap((end) => [
        `${end === 'apart' ? 'known to be read apart' : 'taken by node only'}, by reason`,
        ...this.reasons(end)
          .slice(0, MOST_REASONS)
          .map(([why, cases]) => count(cases, why)),
      ]),
    ]
  }
}
