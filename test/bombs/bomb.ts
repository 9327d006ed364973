import zlib from 'node:zlib'

export interface Bomb {
  /** What `Content-Encoding` says of it. */
  readonly coding: string
  readonly body: Uint8Array<ArrayBuffer>
}

const MB = 1_048_576

/** Zeros in each coding, made in pieces, and in one coding over another. */
export async function makeBombs(megabytes: number): Promise<Bomb[]> {
  const gzip = await packed(zlib.createGzip({ level: 9 }), megabytes)
  const br = await packed(
    zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
    megabytes,
  )
  const zstd = await packed(zlib.createZstdCompress(), megabytes)
  const deflate = await packed(zlib.createDeflate({ level: 9 }), megabytes)
  return [
    { coding: 'gzip', body: gzip },
    { coding: 'br', body: br },
    { coding: 'zstd', body: zstd },
    { coding: 'deflate', body: deflate },
    { coding: 'gzip, gzip', body: new Uint8Array(zlib.gzipSync(gzip)) },
    { coding: 'zstd, br', body: new Uint8Array(zlib.brotliCompressSync(zstd)) },
    { coding: 'br, zstd', body: new Uint8Array(zlib.zstdCompressSync(br)) },
  ]
}

async function packed(engine: zlib.Gzip | zlib.BrotliCompress, megabytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const zeros = Buffer.alloc(MB)
  const pieces: Buffer[] = []
  engine.on('data', (piece: Buffer) => pieces.push(piece))
  for (let count = 0; count < megabytes; count++) {
    if (!engine.write(zeros)) await new Promise((resolve) => engine.once('drain', resolve))
  }
  const ended = new Promise((resolve) => engine.once('end', resolve))
  engine.end()
  await ended
  return new Uint8Array(Buffer.concat(pieces))
}
