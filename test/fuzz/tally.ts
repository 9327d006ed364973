import type { Description } from './description.ts'

interface Count {
  requests: number
  bytes: number
  /** Well-formed requests, and how many of them the operation took. */
  sound: number
  taken: number
  readonly statuses: Map<string, number>
}

/** What a run has reached: how often each operation answered with each status. */
export class Tally {
  readonly #description: Description
  readonly #counts = new Map<string, Count>()
  /** Why requests that fit the description were refused, and how often. */
  readonly #refusals = new Map<string, number>()

  constructor(description: Description) {
    this.#description = description
  }

  add(operation: string | undefined, status: string, bytes: number, sound: boolean): void {
    const count = this.#of(operation ?? NONE)
    count.requests++
    count.bytes += bytes
    count.statuses.set(status, (count.statuses.get(status) ?? 0) + 1)
    if (!sound) return
    count.sound++
    if (/^[23]/.test(status)) count.taken++
  }

  /** Counts why a well-formed request was not taken: `orders.create 422 /body/items/_/sku unknown`. */
  refused(operation: string, status: number, body: unknown): void {
    const { errors, code } = (body ?? {}) as { errors?: unknown; code?: unknown }
    const fields = Array.isArray(errors) ? (errors as { pointer?: string; code?: string }[]) : [{}]
    const reasons = fields.map((field) =>
      [operation, status, field.pointer?.replace(/\/\d+/g, '/_'), field.code ?? code].filter(Boolean).join(' '),
    )
    for (const reason of new Set(reasons)) this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1)
  }

  /** The most frequent of those reasons. */
  refusals(): string[] {
    const all = [...this.#refusals].toSorted(([, a], [, b]) => b - a)
    return all.slice(0, 25).map(([reason, count]) => `  ${String(count).padStart(6)}  ${reason}`)
  }

  /** Bytes that a reply of this operation has, on average. */
  weight(operation: string): number {
    const { requests, bytes } = this.#of(operation)
    return requests === 0 ? 0 : bytes / requests
  }

  /** Pairs of operation and status that the document declares below 500, and those that were not reached. */
  coverage(): { readonly declared: number; readonly missed: readonly string[] } {
    const pairs = this.#description.operations.flatMap(({ id, responses }) =>
      Object.keys(responses)
        .filter((status) => Number(status) < 500)
        .map((status) => [id, status] as const),
    )
    const missed = pairs.filter(([id, status]) => !this.#of(id).statuses.has(status))
    return { declared: pairs.length, missed: missed.map((pair) => pair.join(' ')) }
  }

  lines(): string[] {
    const names = [...this.#description.operations.map(({ id }) => id), NONE]
    const width = Math.max(...names.map((name) => name.length))
    return names.map((name) => {
      const { requests, sound, taken, statuses } = this.#of(name)
      const each = [...statuses].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([status, count]) => `${status}×${count}`)
      const share = sound === 0 || name === NONE ? '' : `  (well-formed: ${taken} of ${sound} taken)`
      return `  ${name.padEnd(width)}  ${String(requests).padStart(6)}  ${each.join(' ')}${share}`
    })
  }

  #of(name: string): Count {
    const known = this.#counts.get(name)
    if (known !== undefined) return known
    const made: Count = { requests: 0, bytes: 0, sound: 0, taken: 0, statuses: new Map() }
    this.#counts.set(name, made)
    return made
  }
}

const NONE = '(no operation)'
