import { type KeptRecord, MOST_LISTED, type RecordStore } from '../../auth/record-store.ts'
import { StoreAway } from '../../policies/store-away.ts'

interface Kept extends KeptRecord {
  readonly kind: string
  /** Milliseconds of the clock. */
  readonly ends: number
}

/** Records that are held; one more is refused: what is forgotten too soon would lock somebody out. */
const MOST = 100_000

/** Keeps records in this process. */
export function createMemoryRecords(now: () => number = () => performance.now()): RecordStore {
  const kept = new Map<string, Kept>()
  const keyOf = (kind: string, id: string): string => JSON.stringify([kind, id])
  const find = (kind: string, id: string): Kept | undefined => {
    const found = kept.get(keyOf(kind, id))
    return found !== undefined && found.ends > now() ? found : undefined
  }
  const of = (kind: string, owner: string | undefined): Kept[] => {
    const time = now()
    return [...kept.values()].filter(
      (one) => one.kind === kind && one.ends > time && (owner === undefined || one.owner === owner),
    )
  }
  const sweep = (): void => {
    const time = now()
    for (const [key, { ends }] of kept) if (ends <= time) kept.delete(key)
  }
  return {
    get: (kind, id) => {
      const found = find(kind, id)
      return found && toRecord(found)
    },
    add: (kind, record, keep) => {
      if (find(kind, record.id) !== undefined) return false
      if (kept.size >= MOST) sweep()
      if (kept.size >= MOST) throw new StoreAway(`${MOST} records are kept in memory: take another backend`)
      kept.set(keyOf(kind, record.id), { ...record, kind, version: 1, ends: now() + keep })
      return true
    },
    replace: (kind, { id, version }, value, keep) => {
      const found = find(kind, id)
      if (found?.version !== version) return false
      kept.set(keyOf(kind, id), { ...found, value, version: version + 1, ends: now() + keep })
      return true
    },
    remove: (kind, id) => {
      const isThere = find(kind, id) !== undefined
      kept.delete(keyOf(kind, id))
      return isThere
    },
    removeOf: (kind, owner) => {
      const all = of(kind, owner)
      for (const { id } of all) kept.delete(keyOf(kind, id))
      return all.length
    },
    list: (kind, owner) => of(kind, owner).slice(0, MOST_LISTED).map(toRecord),
  }
}

function toRecord({ id, owner, value, version }: Kept): KeptRecord {
  return { id, owner, value, version }
}
