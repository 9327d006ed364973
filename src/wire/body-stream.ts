import { BodyCut, BodyTooLarge } from '../pipeline/incoming.ts'
import { joined } from '../pipeline/pieces.ts'

/**
 * A stream that errors with BodyTooLarge past `limit` bytes, and with BodyCut where it breaks off.
 *
 * @param leave called when the rest is left unread.
 */
export function limited(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  leave: () => void,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  let length = 0
  const cancel = async (reason?: unknown): Promise<void> => {
    leave()
    await reader.cancel(reason)
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await reader.read().catch((cause: unknown) => {
        throw new BodyCut('the body broke off', { cause })
      })
      if (next.done) return controller.close()
      length += next.value.byteLength
      if (length > limit) {
        void cancel().catch(() => {})
        throw new BodyTooLarge(limit)
      }
      controller.enqueue(next.value)
    },
    cancel,
  })
}

/**
 * Reads a stream whole.
 *
 * @param leave called when the rest is left unread.
 * @throws {BodyTooLarge} past `limit` bytes, without reading on.
 * @throws {BodyCut}
 */
export async function readAll(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  leave: () => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = limited(stream, limit, leave).getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.byteLength
    chunks.push(next.value)
  }
  return joined(chunks, length)
}
