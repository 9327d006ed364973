import { type Dependency, depends } from '../contract/depends.ts'
import { port } from '../contract/port.ts'
import { Unavailable } from '../contract/problems.ts'
import { StoreAway } from '../policies/store-away.ts'

/** What is kept of a key, a session or a login. */
export interface KeptRecord {
  /** Unique among those of its kind. */
  readonly id: string
  /** Whose it is. */
  readonly owner: string
  /** JSON. No secret that anybody could use stands in it. */
  readonly value: string
  /** One more with each change. */
  readonly version: number
}

/** Records that `list` gives at most. */
export const MOST_LISTED = 1000

/**
 * Where keys, sessions and logins are kept. Each step is one: of any number that change a record at once, one does.
 *
 * @throws {StoreAway} from each, where the store does not answer in time.
 */
export interface RecordStore {
  readonly get: (kind: string, id: string) => KeptRecord | undefined | Promise<KeptRecord | undefined>
  /**
   * Keeps a new one; false where there is one of that id.
   *
   * @param keep milliseconds after which it is gone, `Infinity` for never.
   */
  readonly add: (kind: string, record: Omit<KeptRecord, 'version'>, keep: number) => boolean | Promise<boolean>
  /** Changes one that is still as it was read; false where it is not, or is gone. */
  readonly replace: (kind: string, known: KeptRecord, value: string, keep: number) => boolean | Promise<boolean>
  /** True where it was there. */
  readonly remove: (kind: string, id: string) => boolean | Promise<boolean>
  /** Removes all of an owner, and gives how many that were. */
  readonly removeOf: (kind: string, owner: string) => number | Promise<number>
  /** Those of an owner, or of all, in no order: the first 1,000. */
  readonly list: (kind: string, owner?: string) => readonly KeptRecord[] | Promise<readonly KeptRecord[]>
}

/** Where keys, sessions and logins are kept. */
export const recordStore: Dependency<RecordStore> = port('records')

type Asked<F> = F extends (...given: infer A) => infer R ? (...given: A) => Promise<Awaited<R>> : never

/** The same, as requests ask it. */
export type Records = { readonly [K in keyof RecordStore]: Asked<RecordStore[K]> }

/** The store of records for requests: while it is away, nobody is let in, and the reply is 503. */
export const records: Dependency<Records> = depends(
  { store: recordStore },
  ({ store }): Records => ({
    get: asking(store.get),
    add: asking(store.add),
    replace: asking(store.replace),
    remove: asking(store.remove),
    removeOf: asking(store.removeOf),
    list: asking(store.list),
  }),
  { scope: 'app', name: 'records', throws: [Unavailable] },
)

function asking<A extends unknown[], R>(ask: (...given: A) => R | Promise<R>): (...given: A) => Promise<R> {
  return async (...given) => {
    try {
      return await ask(...given)
    } catch (error) {
      throw error instanceof StoreAway ? Unavailable({ headers: { 'retry-after': '1' }, cause: error }) : error
    }
  }
}
