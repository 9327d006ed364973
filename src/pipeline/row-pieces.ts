import type { RowWriter } from '../compile/representations.ts'
import type { Validate } from '../compile/validator.ts'
import type { SchemaResult } from '../contract/schema.ts'
import { piecesOf } from './pieces.ts'

/** Characters that are gathered before they are sent: a write for each row would cost more than the row. */
const ENOUGH = 32_768
/** Milliseconds after which what there is goes out all the same: a slow source is not held up. */
const PATIENCE = 20

type Step = IteratorResult<string, undefined>

/** Where rows come from: one after the other, at once or when they are there. */
type Source =
  | { readonly isAsync: false; readonly items: Iterator<unknown> }
  | { readonly isAsync: true; readonly items: AsyncIterator<unknown> }

/** The source of rows that a handler gave. */
export function itemsOf(given: object): Source {
  if (!(given instanceof ReadableStream) && Symbol.iterator in given && !(Symbol.asyncIterator in given)) {
    return { isAsync: false, items: (given as Iterable<unknown>)[Symbol.iterator]() }
  }
  return { isAsync: true, items: piecesOf(given as Parameters<typeof piecesOf>[0]) as AsyncIterator<unknown> }
}

/**
 * A body of rows: each is checked and written while it goes, and no more are taken than the caller reads. It waits for
 * a row only where there is none yet, by callbacks: a promise of its own for each would cost as much as the row.
 */
export class RowPieces implements AsyncIterableIterator<string, undefined> {
  readonly #source: Source
  readonly #encode: Validate
  readonly #writer: RowWriter
  #text: string
  #isFirst = true
  /** Of the source, or of a row whose check takes its time, something is waited for. */
  #waits = false
  #isOver = false
  #failure: { readonly error: unknown } | undefined = undefined
  #give: ((step: Step) => void) | undefined = undefined
  #fail: ((error: unknown) => void) | undefined = undefined
  #timer: ReturnType<typeof setTimeout> | undefined = undefined

  constructor(source: Source, encode: Validate, writer: RowWriter) {
    this.#source = source
    this.#encode = encode
    this.#writer = writer
    this.#text = writer.begin
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Takes the first row, or finds that there is none: what fails until then can still be answered as what it is. */
  async begin(): Promise<void> {
    try {
      const step = await this.#source.items.next()
      if (step.done) this.#end()
      else this.#write(await this.#encode(step.value))
    } catch (error) {
      this.return().catch(() => {}) // what it throws now is of interest to nobody
      throw error
    }
  }

  next(): Promise<Step> {
    return new Promise((resolve, reject) => {
      this.#give = resolve
      this.#fail = reject
      if (this.#waits) this.#hurry()
      else this.#goOn()
    })
  }

  /** Tells the source that nobody wants more. */
  async return(): Promise<Step> {
    this.#isOver = true
    this.#text = ''
    clearTimeout(this.#timer)
    await this.#source.items.return?.()
    return { done: true, value: undefined }
  }

  /** Takes rows until there is enough, or one has to be waited for. */
  #goOn(): void {
    try {
      while (!this.#isOver && this.#failure === undefined) {
        if (this.#text.length >= ENOUGH) return this.#send()
        if (this.#source.isAsync) {
          this.#waits = true
          this.#source.items.next().then(this.#arrived, this.#broken)
          return this.#hurry()
        }
        const step = this.#source.items.next()
        if (step.done) this.#end()
        else if (!this.#take(step.value)) return this.#hurry()
      }
    } catch (error) {
      this.#failure = { error }
    }
    this.#send()
  }

  readonly #arrived = (step: IteratorResult<unknown>): void => {
    this.#waits = false
    try {
      if (step.done) this.#end()
      else if (!this.#take(step.value)) return
    } catch (error) {
      this.#failure = { error }
    }
    // Where nobody waits for it, it lies here until somebody does.
    if (this.#give !== undefined) this.#goOn()
  }

  readonly #broken = (error: unknown): void => {
    this.#waits = false
    this.#failure = { error }
    if (this.#give !== undefined) this.#goOn()
  }

  /** Checks a row and writes it; false where that takes its time. */
  #take(item: unknown): boolean {
    const result = this.#encode(item)
    if (!(result instanceof Promise)) {
      this.#write(result)
      return true
    }
    this.#waits = true
    result
      .then((settled) => {
        this.#waits = false
        this.#write(settled)
        if (this.#give !== undefined) this.#goOn()
      })
      .catch(this.#broken)
    return false
  }

  #write(result: SchemaResult<unknown>): void {
    const { between, row } = this.#writer
    const text = row((result as { readonly value: unknown }).value)
    if (this.#isFirst || between === '') this.#text += text
    else this.#text += between + text
    this.#isFirst = false
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#text += this.#writer.end
  }

  /** Sends what there is when a while has gone by without enough. */
  #hurry(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#give !== undefined && this.#text !== '' && this.#waits) this.#send()
    }, PATIENCE)
  }

  /** Gives what there is to who waits for it. Where something went wrong, nobody gets what came before. */
  #send(): void {
    const [give, fail] = [this.#give, this.#fail]
    if (give === undefined || fail === undefined) return
    this.#give = undefined
    this.#fail = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    const text = this.#text
    this.#text = ''
    if (this.#failure !== undefined) fail(this.#failure.error)
    else if (text !== '') give({ done: false, value: text })
    else give({ done: true, value: undefined })
  }
}
