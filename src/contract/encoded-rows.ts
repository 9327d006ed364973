import type { Chunk } from './content.ts'

/** The whole body in a form; undefined for one that is not written where the rows come from. */
type Written = (form: string, signal: AbortSignal) => Promise<AsyncIterable<Chunk> | undefined>

/**
 * Rows that where they come from writes by itself, as a database can: what is sent is what it wrote. Whoever asks for the
 * rows themselves, in another form, gets them one by one.
 */
export class EncodedRows<Item> implements AsyncIterable<Item> {
  readonly #written: Written | undefined
  readonly #rows: () => AsyncIterable<Item>
  /** The keys that each row has, where they are not all that the reply declares. */
  readonly keys: readonly string[] | undefined

  /**
   * @param written the body in the form `json`, `ndjson` or `csv`, where there is one.
   * @param rows the rows as a handler would give them.
   */
  constructor(written: Written | undefined, rows: () => AsyncIterable<Item>, keys?: readonly string[]) {
    this.keys = keys
    this.#written = written
    this.#rows = rows
  }

  /** @param signal fires where nobody waits for it any more: what it holds is given up then. */
  async written(form: string, signal: AbortSignal): Promise<AsyncIterable<Chunk> | undefined> {
    return this.#written?.(form, signal)
  }

  [Symbol.asyncIterator](): AsyncIterator<Item> {
    return this.#rows()[Symbol.asyncIterator]()
  }
}
