import type { ContentCoding } from '../contract/content-coding.ts'
import { type Engine, type Zlib, zlibHere } from '../compile/zlib.ts'
import { errorOf } from './fail.ts'
import type { piecesOf } from './pieces.ts'

/** Policies ask for a coding only where there is zlib. */
function zlib(): Zlib {
  return zlibHere() as Zlib
}

/** Bytes that are coded at once: it takes a tenth of a millisecond, and half of what it costs to have others do it. */
const AT_ONCE = 16_384

/** How hard it is tried for a reply that is coded once: the time has to be worth it. */
const GZIP = { level: 6 }
const BROTLI_QUALITY = 4
const ZSTD_LEVEL = 3

/** A body in memory. A long one is coded off the event loop. */
export function packWhole(body: string | Uint8Array, coding: ContentCoding): Uint8Array | Promise<Uint8Array> {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const here = zlib()
  const { constants } = here
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }
  // By its size the tables of Zstandard are made: without it they are for megabytes.
  const zstd = {
    params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
    pledgedSrcSize: bytes.byteLength,
  }
  if (bytes.byteLength <= AT_ONCE) {
    if (coding === 'gzip') return here.gzipSync(bytes, GZIP)
    if (coding === 'br') return here.brotliCompressSync(bytes, brotli)
    return coding === 'zstd' ? here.zstdCompressSync(bytes, zstd) : here.deflateSync(bytes, GZIP)
  }
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, packed: Uint8Array): void => (error === null ? resolve(packed) : reject(error))
    if (coding === 'gzip') here.gzip(bytes, GZIP, done)
    else if (coding === 'br') here.brotliCompress(bytes, brotli, done)
    else if (coding === 'zstd') here.zstdCompress(bytes, zstd, done)
    else here.deflate(bytes, GZIP, done)
  })
}

/**
 * For a body in pieces. Each that is open keeps its own tables: by these 50 KB for zstd, 120 for br, where the usual ones
 * are 600; of gzip they are 240.
 */
function engineOf(coding: ContentCoding): Engine {
  const here = zlib()
  const { constants } = here
  switch (coding) {
    case 'gzip':
      return here.createGzip(GZIP)
    case 'deflate':
      return here.createDeflate(GZIP)
    case 'br':
      return here.createBrotliCompress({
        params: { [constants.BROTLI_PARAM_QUALITY]: 3, [constants.BROTLI_PARAM_LGWIN]: 16 },
      })
    case 'zstd':
      return here.createZstdCompress({
        params: {
          [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL,
          [constants.ZSTD_c_windowLog]: 17,
          [constants.ZSTD_c_hashLog]: 15,
          [constants.ZSTD_c_chainLog]: 14,
        },
      })
  }
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
