import type { Transform } from 'node:stream'
import { type ContentCoding, type Zlib, zlibHere } from '../contract/content-coding.ts'
import { errorOf } from './fail.ts'
import type { piecesOf } from './pieces.ts'

type Piece = string | Uint8Array
type Engine = Transform & { flush(done?: () => void): void }

/** Policies ask for a coding only where there is zlib. */
function zlib(): Zlib {
  return zlibHere() as Zlib
}

/**
 * How hard it is tried: what a reply is coded for once has to be worth the time. Windows of streams are small, for each
 * that is open keeps its own: 128 KB of it, and a multiple of that for the tables.
 */
function settings({ constants }: Zlib, isStream: boolean) {
  return {
    gzip: { level: 6 },
    br: {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 4,
        ...(isStream ? { [constants.BROTLI_PARAM_LGWIN]: 17 } : {}),
      },
    },
    zstd: {
      params: {
        [constants.ZSTD_c_compressionLevel]: 3,
        ...(isStream ? { [constants.ZSTD_c_windowLog]: 17 } : {}),
      },
    },
  }
}

/** A body in memory, coded off the event loop. */
export function packWhole(body: Piece, coding: ContentCoding): Promise<Uint8Array> {
  const here = zlib()
  const { gzip, br, zstd } = settings(here, false)
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, packed: Uint8Array): void => (error === null ? resolve(packed) : reject(error))
    if (coding === 'gzip') here.gzip(body, gzip, done)
    else if (coding === 'br') here.brotliCompress(body, br, done)
    else if (coding === 'zstd') here.zstdCompress(body, zstd, done)
    else here.deflate(body, gzip, done)
  })
}

function engineOf(coding: ContentCoding): Engine {
  const here = zlib()
  const { gzip, br, zstd } = settings(here, true)
  if (coding === 'gzip') return here.createGzip(gzip)
  if (coding === 'br') return here.createBrotliCompress(br)
  return coding === 'zstd' ? here.createZstdCompress(zstd) : here.createDeflate(gzip)
}

/**
 * A body in pieces, coded as it goes: as fast as it is read, and what came is flushed as soon as its source makes it
 * wait, so that pieces arrive.
 */
export class PackedPieces implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: ReturnType<typeof piecesOf>
  readonly #coding: ContentCoding
  #engine: Engine | undefined = undefined
  #out: AsyncIterator<Uint8Array> | undefined = undefined
  /** Something was written since the last flush. */
  #isHeld = false

  constructor(source: ReturnType<typeof piecesOf>, coding: ContentCoding) {
    this.#source = source
    this.#coding = coding
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#out ??= this.#begin()
    return this.#out.next()
  }

  async return(): Promise<{ done: true; value: undefined }> {
    this.#engine?.destroy()
    await this.#source.return?.()
    return { done: true, value: undefined }
  }

  #begin(): AsyncIterator<Uint8Array> {
    const engine = engineOf(this.#coding)
    this.#engine = engine
    engine.on('error', () => {})
    void this.#feed(engine)
    return engine[Symbol.asyncIterator]()
  }

  async #feed(engine: Engine): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#soon(Promise.resolve(this.#source.next()), engine)
        if (engine.destroyed) return
        if (done) break
        if (!(typeof value === 'string' || value instanceof Uint8Array)) {
          throw new TypeError(`a stream is of strings and bytes, not of ${value === null ? 'null' : typeof value}`)
        }
        this.#isHeld = true
        if (!engine.write(value)) await drained(engine)
      }
      engine.end()
    } catch (error) {
      engine.destroy(errorOf(error))
    }
  }

  /** Waits for a piece; where that takes longer than a turn, what is held is sent. */
  #soon<T>(next: Promise<T>, engine: Engine): Promise<T> {
    if (!this.#isHeld) return next
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#isHeld = false
        if (!engine.destroyed) engine.flush()
      }, 0)
      const settled = (): void => clearTimeout(timer)
      next.then(settled, settled)
      next.then(resolve, reject)
    })
  }
}

function drained(engine: Engine): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      engine.off('drain', settle).off('close', settle)
      resolve()
    }
    engine.on('drain', settle).on('close', settle)
  })
}
