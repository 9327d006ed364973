import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { type Received, fieldOf } from '../matrix/received.ts'

const unpack: Readonly<Record<string, (body: Uint8Array) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}

/** The body of a reply without its coding; undefined for one that is not in it. */
export function unpacked({ body, headers }: Pick<Received, 'body' | 'headers'>): Buffer | undefined {
  const coding = fieldOf(headers, 'content-encoding')
  if (coding === undefined || body.byteLength === 0) return body
  try {
    return unpack[coding]?.(body)
  } catch {
    return undefined
  }
}
