import { randomBytes } from 'node:crypto'
import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { NotInCoding } from '../../src/pipeline/incoming.ts'
import { ZstdFrames } from '../../src/pipeline/zstd-frames.ts'

const { constants } = zlib
const text = Buffer.from('all that glitters is not gold, '.repeat(20_000))

/** Without its size beforehand, and in several blocks. */
async function inBlocks(params: Record<number, number>): Promise<Buffer> {
  const engine = zlib.createZstdCompress({ params })
  const pieces: Buffer[] = []
  engine.on('data', (piece: Buffer) => pieces.push(piece))
  for (let at = 0; at < text.length; at += 100_000) {
    engine.write(text.subarray(at, at + 100_000))
    await new Promise<void>((resolve) => engine.flush(() => resolve()))
  }
  engine.end()
  await new Promise((resolve) => engine.once('end', resolve))
  return Buffer.concat(pieces)
}

const FRAMES: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  'of nothing': () => zlib.zstdCompressSync(''),
  'of one octet': () => zlib.zstdCompressSync('a'),
  'of 300 octets': () => zlib.zstdCompressSync(randomBytes(300)),
  'of text': () => zlib.zstdCompressSync(text),
  'of runs': () => zlib.zstdCompressSync(Buffer.alloc(500_000)),
  'of noise': () => zlib.zstdCompressSync(randomBytes(200_000)),
  'with a checksum': () => zlib.zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  'without its size': () => zlib.zstdCompressSync(text, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }),
  'in blocks': () => inBlocks({}),
  'in blocks, with a checksum': () => inBlocks({ [constants.ZSTD_c_checksumFlag]: 1 }),
  'that is passed over': () => Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]),
}

describe.each(Object.entries(FRAMES))('A frame %s', (_, make) => {
  it('ends where it ends, in whatever pieces it comes', async () => {
    const frame = new Uint8Array(await make())
    const other = new Uint8Array(zlib.zstdCompressSync('b'))
    const both = new Uint8Array([...frame, ...other])
    const whole = new ZstdFrames()
    expect([whole.read(both, 0), whole.isBetween]).toEqual([frame.length, true])
    expect([whole.read(both, frame.length), whole.isBetween]).toEqual([both.length, true])
    const ends: number[] = []
    const byOne = new ZstdFrames()
    for (let at = 0; at < both.length; at++) {
      byOne.read(both.subarray(at, at + 1), 0)
      if (byOne.isBetween) ends.push(at + 1)
    }
    expect(ends).toEqual([frame.length, both.length])
  })
})

it('what is no frame is none', () => {
  for (const bytes of [[0x28, 0xb5, 0x2f, 0xfe], [0x60, 0x2a, 0x4d, 0x18], Buffer.from('plain')]) {
    expect(() => new ZstdFrames().read(new Uint8Array(bytes), 0)).toThrow(NotInCoding)
  }
})

it('more than a thousand frames are long on average', () => {
  const read = (count: number, frame: Uint8Array): void => {
    const frames = new ZstdFrames()
    for (let index = 0; index < count; index++) frames.read(frame, 0)
  }
  const long = new Uint8Array(zlib.zstdCompressSync(randomBytes(1000)))
  const short = new Uint8Array(zlib.zstdCompressSync(randomBytes(900)))
  expect(() => read(3000, long)).not.toThrow()
  expect(() => read(1000, short)).not.toThrow()
  expect(() => read(1001, short)).toThrow('too many frames')
})
