import { type Bucket, elementText } from './bucket.ts'

/** Bytes of a part, and of what is sent in one: at least 5 MiB, and all but the last of the same size, for R2 wants that. */
export const PART = 8_388_608
/** Parts that a file may have. */
const MOST_PARTS = 10_000

/** A file that is sent in parts. */
export interface InParts {
  readonly type: string
  readonly signal: AbortSignal | undefined
}

/** Bytes of each part of a file: more than the usual number where it would have too many of them. */
export function partSize(size: number | undefined): number {
  return size === undefined ? PART : Math.max(PART, Math.ceil(size / MOST_PARTS))
}

/**
 * Sends a file in parts (S3's multipart upload): nothing is under the key before the last of them is there. Where it fails,
 * S3 is told to forget those that are.
 *
 * @param parts all of `partSize` bytes but the last.
 */
export async function putInParts(
  bucket: Bucket,
  key: string,
  parts: AsyncIterable<Uint8Array>,
  { type, signal }: InParts,
): Promise<void> {
  // Not ended by the signal: an upload that S3 began and nobody knows of stays, and is paid for.
  const begun = await bucket.ask({ method: 'POST', key, query: { uploads: '' }, headers: { 'content-type': type } })
  const uploadId = elementText(await begun.text(), 'UploadId')
  if (uploadId === undefined) throw new Error(`S3: POST ${key}?uploads was answered without an UploadId`)
  try {
    const etags: string[] = []
    for await (const body of parts) {
      if (etags.length === MOST_PARTS)
        throw new Error(`${key} has more than ${MOST_PARTS} parts: say its size beforehand`)
      const query = { partNumber: String(etags.length + 1), uploadId }
      const sent = await bucket.ask({ method: 'PUT', key, query, body, signal })
      await sent.body?.cancel()
      etags.push(sent.headers.get('etag') ?? '')
    }
    const listed = etags.map(
      (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    )
    const body = Buffer.from(`<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`)
    signal?.throwIfAborted()
    const done = await bucket.ask({ method: 'POST', key, query: { uploadId }, body })
    // It may have begun to answer 200 before it knew (S3, CompleteMultipartUpload).
    const text = await done.text()
    const code = elementText(text, 'Code')
    if (code !== undefined)
      throw new Error(`S3: ${key} was not put together: ${code} ${elementText(text, 'Message') ?? ''}`)
  } catch (error) {
    await bucket.ask({ method: 'DELETE', key, query: { uploadId }, answers: [404] }).catch(() => {})
    throw error
  }
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

/**
 * Puts pieces of any size together to parts of one size; the last may be shorter, and is not empty unless it is the only one.
 * They are one after another in the same memory: who asks for the next has sent the last.
 */
export async function* partsOf(pieces: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let part = new Uint8Array(Math.min(size, 65_536))
  let length = 0
  let count = 0
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      const taken = Math.min(piece.length - from, size - length)
      if (length + taken > part.length) {
        const grown = new Uint8Array(Math.min(size, Math.max(part.length * 2, length + taken)))
        grown.set(part.subarray(0, length))
        part = grown
      }
      part.set(piece.subarray(from, from + taken), length)
      length += taken
      from += taken
      if (length < size) continue
      yield part
      count++
      length = 0
    }
  }
  if (length > 0 || count === 0) yield part.subarray(0, length)
}
