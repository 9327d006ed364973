/** What makes content shorter on its way (RFC 9110 §8.4.1, RFC 7932, RFC 8878). */
export type ContentCoding = 'gzip' | 'br' | 'zstd' | 'deflate'

/** Node's zlib, which Bun and Deno have too; looked for when it is first needed. */
export type Zlib = typeof import('node:zlib')

/** Undefined on runtimes without it. To load it takes a millisecond, so nothing asks for it at start without a need. */
export function zlibHere(): Zlib | undefined {
  return globalThis.process?.getBuiltinModule?.('node:zlib')
}

/** The codings that bodies of requests may have here. Without zlib they are those of the Compression Streams standard. */
export function codingsTaken(): readonly ContentCoding[] {
  const zlib = zlibHere()
  if (zlib === undefined) return ['gzip', 'deflate']
  return typeof zlib.createZstdDecompress === 'function' ? ['gzip', 'br', 'zstd', 'deflate'] : ['gzip', 'br', 'deflate']
}
