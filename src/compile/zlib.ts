import type { ContentCoding } from '../contract/content-coding.ts'

/** A stream that packs or unpacks, as far as it is used. */
export interface Engine extends AsyncIterable<Uint8Array> {
  readonly destroyed: boolean
  readonly readableEnded: boolean
  /** Bytes that were used up. */
  readonly bytesWritten: number
  write(piece: string | Uint8Array, done?: () => void): boolean
  flush(): void
  end(): void
  destroy(error?: Error): void
  on(event: string, listener: () => void): this
  off(event: string, listener: () => void): this
}

interface Settings {
  readonly level?: number
  readonly params?: Readonly<Record<number, number>>
  readonly pledgedSrcSize?: number
}

type Whole = (bytes: Uint8Array, settings: Settings, done: (error: Error | null, packed: Uint8Array) => void) => void
type AtOnce = (bytes: Uint8Array, settings: Settings) => Uint8Array
type Create = (settings?: Settings) => Engine

/** Node's zlib, which Bun and Deno have too, as far as it is used: the core is without the types of Node. */
export interface Zlib {
  readonly constants: {
    readonly BROTLI_PARAM_QUALITY: number
    readonly BROTLI_PARAM_LGWIN: number
    readonly ZSTD_c_compressionLevel: number
    readonly ZSTD_c_windowLog: number
    readonly ZSTD_c_hashLog: number
    readonly ZSTD_c_chainLog: number
    readonly ZSTD_d_windowLogMax: number
  }
  readonly gzip: Whole
  readonly deflate: Whole
  readonly brotliCompress: Whole
  readonly zstdCompress: Whole
  readonly gzipSync: AtOnce
  readonly deflateSync: AtOnce
  readonly brotliCompressSync: AtOnce
  readonly zstdCompressSync: AtOnce
  readonly createGzip: Create
  readonly createDeflate: Create
  readonly createBrotliCompress: Create
  readonly createZstdCompress: Create
  readonly createGunzip: Create
  readonly createInflate: Create
  readonly createBrotliDecompress: Create
  readonly createZstdDecompress: Create
}

/**
 * Undefined on runtimes without it, or with one that knows no Zstandard. To load it takes two milliseconds, so nothing asks
 * for it at start without a need.
 */
export function zlibHere(): Zlib | undefined {
  const zlib = globalThis.process?.getBuiltinModule?.('node:zlib')
  return typeof zlib?.createZstdDecompress === 'function' ? zlib : undefined
}

/** The codings that bodies of requests may have here. Without zlib they are those of the Compression Streams standard. */
export function codingsTaken(): readonly ContentCoding[] {
  const zlib = zlibHere()
  if (zlib === undefined) return ['gzip', 'deflate']
  return ['gzip', 'br', 'zstd', 'deflate']
}
