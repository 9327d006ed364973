import type { ContentCoding } from '../contract/content-coding.ts'
import { type Engine, type Zlib, zlibHere } from '../compile/zlib.ts'
import { BodyTooLarge, NotInCoding } from './incoming.ts'
import { ZstdFrames } from './zstd-frames.ts'

/** Pieces of a body. `return()` tells their source that nobody wants more. */
export type Pieces = AsyncIterator<Uint8Array, undefined>

/**
 * Takes one content coding off. Pieces are made as they are asked for, off the event loop where there is zlib, and in
 * memory there is never more than some of them, whatever they decode to.
 *
 * @throws {BodyTooLarge} past `limit` bytes, and nothing more is decoded then.
 * @throws {NotInCoding} for what is no such coding, ends too soon, or goes on after its end.
 * @throws what the source throws.
 */
export async function* unpack(
  source: Pieces,
  coding: ContentCoding,
  limit: number,
): AsyncGenerator<Uint8Array, undefined> {
  const zlib = zlibHere()
  const unpacked = zlib === undefined ? byStandard(source, coding) : byZlib(source, coding, zlib)
  let length = 0
  for await (const piece of unpacked) {
    length += piece.byteLength
    if (length > limit) throw new BodyTooLarge(limit, `The body, decoded from ${coding},`)
    yield piece
  }
  return undefined
}

/** The largest window that a frame may ask memory for, as a power of two: 8 MB (RFC 9659). */
const ZSTD_WINDOW = 23

function engineOf(coding: ContentCoding, zlib: Zlib): Engine {
  switch (coding) {
    case 'gzip':
      return zlib.createGunzip()
    case 'deflate':
      return zlib.createInflate()
    case 'br':
      return zlib.createBrotliDecompress()
    case 'zstd':
      return zlib.createZstdDecompress({ params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW } })
  }
}

async function* byZlib(source: Pieces, coding: ContentCoding, zlib: Zlib): AsyncGenerator<Uint8Array> {
  const engine = engineOf(coding, zlib)
  const feeding = new Feeding(engine, coding)
  engine.on('error', () => {})
  const fed = feeding.from(source)
  try {
    for await (const piece of engine) yield piece
  } catch (cause) {
    throw feeding.failure ?? new NotInCoding(`The body is not ${coding}, or ends before its end`, { cause })
  } finally {
    engine.destroy()
    leave(source)
  }
  await fed
  feeding.check()
}

/** What comes after a body: a decoder that is at its end leaves it, and one that is not takes it for more. */
const BEYOND = new Uint8Array(1)

/** Feeds an engine, and knows whether what it had was whole: engines of different runtimes do not all say. */
class Feeding {
  readonly #engine: Engine
  readonly #coding: ContentCoding
  readonly #frames: ZstdFrames | undefined
  #given = 0
  /** What the source threw, or what was found wrong with the frames. */
  failure: unknown

  constructor(engine: Engine, coding: ContentCoding) {
    this.#engine = engine
    this.#coding = coding
    this.#frames = coding === 'zstd' ? new ZstdFrames() : undefined
  }

  /** Never rejects. */
  async from(source: Pieces): Promise<void> {
    try {
      for (let next = await source.next(); !next.done; next = await source.next()) {
        if (!(await this.#feed(next.value))) return
      }
      if (this.#frames === undefined) await this.#write(BEYOND)
      else if (!this.#frames.isBetween) throw new NotInCoding('The zstd body ends before its end')
      if (!this.#engine.destroyed) this.#engine.end()
    } catch (error) {
      this.failure = error
      this.#engine.destroy(error as Error)
    }
  }

  /** @returns false where the engine takes no more. */
  async #feed(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.byteLength; ) {
      const end = this.#frames?.read(bytes, at) ?? bytes.byteLength
      this.#given += end - at
      if (!(await this.#write(bytes.subarray(at, end)))) return false
      at = end
    }
    return true
  }

  /** Writes one piece; of the next nothing is read before it is used up. An engine at its end may not say so of it. */
  #write(bytes: Uint8Array): Promise<boolean> {
    const engine = this.#engine
    return new Promise((resolve) => {
      const settle = (): void => {
        engine.off('end', settle).off('close', settle)
        resolve(!engine.destroyed && !engine.readableEnded)
      }
      engine.on('end', settle).on('close', settle)
      engine.write(bytes, settle)
    })
  }

  /** @throws {NotInCoding} where more or less was used than there was. */
  check(): void {
    const used = this.#engine.bytesWritten
    if (used < this.#given) throw new NotInCoding(`Something follows the end of the ${this.#coding} body`)
    if (used > this.#given) throw new NotInCoding(`The ${this.#coding} body ends before its end`)
  }
}

/**
 * Bytes that are decoded in one step where there is no zlib: what comes of them is made whole, and 1 KB makes 1 MB at
 * most.
 */
const STEP = 1024

/** By the Compression Streams standard, which itself refuses what is cut, and what follows the end. */
async function* byStandard(source: Pieces, coding: ContentCoding): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream(coding as CompressionFormat)
  const writer = writable.getWriter()
  const reader = readable.getReader()
  let failure: unknown
  const feed = async (): Promise<void> => {
    try {
      for (let next = await source.next(); !next.done; next = await source.next()) {
        for (let at = 0; at < next.value.byteLength; at += STEP) {
          await writer.write(next.value.subarray(at, at + STEP) as Uint8Array<ArrayBuffer>)
        }
      }
      await writer.close()
    } catch (error) {
      failure = error
      await writer.abort(error).catch(() => {})
    }
  }
  void feed()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } catch (cause) {
    // What the decoder itself finds wrong is a TypeError.
    if (failure !== undefined && !(failure instanceof TypeError)) throw failure
    throw new NotInCoding(`The body is not ${coding}, or ends before its end, or goes on after it`, { cause })
  } finally {
    reader.cancel().catch(() => {})
    leave(source)
  }
}

/** Nobody waits for it: a source that waits for its caller itself ends when that comes, or leaves. */
function leave(source: Pieces): void {
  Promise.resolve(source.return?.()).catch(() => {})
}
