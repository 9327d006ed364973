import type { Upload } from '../contract/upload.ts'
import type { StoredFile } from './stored-file.ts'

/** What can be stored: an upload, a `Blob`, a stream of bytes, bytes, or text. */
export type Source = Upload | Blob | ReadableStream<Uint8Array> | Uint8Array | string

export interface PutOptions {
  /** The media type; what the source says of itself unless told, or else `application/octet-stream`. */
  readonly type?: string
  /** Ends the work; what was there before stays. */
  readonly signal?: AbortSignal
}

/** Files by keys. The same in a folder and on S3. */
export interface Storage {
  /**
   * Stores all of a source under a key, in place of what was there: whoever reads has the old file or the new one, never a
   * part. Where it fails, nothing has changed.
   *
   * @throws {TypeError} for a key that is none.
   * @throws what the source's stream ends with: a body of a request that is too long is 413, and one that broke off is 400.
   */
  put(key: string, source: Source, options?: PutOptions): Promise<StoredFile>
  /**
   * What is stored under a key; undefined where nothing is. Its bytes come when they are asked for, and `slice(from, to)`
   * asks for no others.
   *
   * @throws {TypeError} for a key that is none.
   */
  get(key: string): Promise<StoredFile | undefined>
  /**
   * Removes what is stored under a key. Nothing there is no failure.
   *
   * @throws {TypeError} for a key that is none.
   */
  remove(key: string): Promise<void>
}

/** Bytes of a key: what S3 takes. */
const MOST_BYTES = 1024
/** Bytes of one part of a key, which is the name of a file or a folder. */
const MOST_OF_PART = 200

/**
 * Checks a key: parts between slashes, none of them empty, `.` or `..`, nor one that begins with `.trestle`, without
 * backslashes and control characters. So no key leads out of a folder, and the same keys hold on S3.
 *
 * @throws {TypeError}
 */
export function checkKey(key: string): void {
  const fault = faultOf(key)
  if (fault !== undefined) throw new TypeError(`${JSON.stringify(key)?.slice(0, 100)} cannot be a key: ${fault}`)
}

function faultOf(key: unknown): string | undefined {
  if (typeof key !== 'string' || key === '') return 'it is text with something in it'
  if (!key.isWellFormed() || Buffer.byteLength(key) > MOST_BYTES) return `it has up to ${MOST_BYTES} bytes of UTF-8`
  if (/[\p{Cc}\\]/u.test(key)) return 'it has no backslash and no control character'
  for (const part of key.split('/')) {
    if (part === '' || part === '.' || part === '..') return 'no part between slashes is empty, "." or ".."'
    if (part.toLowerCase().startsWith('.trestle')) return 'what begins with ".trestle" is the storage\'s own'
    if (Buffer.byteLength(part) > MOST_OF_PART) return `a part between slashes has up to ${MOST_OF_PART} bytes`
  }
  return undefined
}

export const GENERAL_TYPE = 'application/octet-stream'

/** The media type of a source, and its size where that is known. */
export function factsOf(source: Source, given: string | undefined): { type: string; size: number | undefined } {
  const type = given ?? typeOf(source)
  // It becomes a header field, here or there.
  if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;[\x20-\x7e]*)?$/.test(type)) {
    throw new TypeError(`"${type}" is no media type, such as "image/png"`)
  }
  return { type, size: sizeOf(source) }
}

function typeOf(source: Source): string {
  if (typeof source === 'string') return 'text/plain; charset=utf-8'
  return (source as Partial<Upload>).type || GENERAL_TYPE
}

function sizeOf(source: Source): number | undefined {
  if (typeof source === 'string') return Buffer.byteLength(source)
  if (source instanceof Uint8Array) return source.byteLength
  return (source as Partial<Upload>).size
}

/** The bytes of a source, a piece at a time. */
export async function* piecesOf(source: Source, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted()
  if (typeof source === 'string') return yield Buffer.from(source)
  if (source instanceof Uint8Array) return yield source
  const stream = source instanceof ReadableStream ? source : source.stream()
  const reader = stream.getReader()
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', stop)
  let isWhole = false
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      signal?.throwIfAborted()
      yield next.value
    }
    signal?.throwIfAborted()
    isWhole = true
  } finally {
    signal?.removeEventListener('abort', stop)
    if (!isWhole) stop()
  }
}
