import type { MultipartDecoder } from '../../compile/decoder.ts'
import type { FieldError } from '../../contract/problem.ts'
import { Releases } from '../dependencies.ts'
import type { Exchange } from '../exchange.ts'
import { mediaTypeOf } from '../media-type.ts'
import { FormIntake } from './form-intake.ts'
import type { FormParts } from './form-parts.ts'
import { MultipartReader } from './multipart-reader.ts'
import { malformed } from './part-head.ts'
import type { TemporaryFiles } from './temporary-file.ts'

/**
 * Reads a form from the wire. Its next piece is asked for when all of the last one is where it belongs, so that who sends
 * faster than the disk writes has to wait.
 *
 * @param limit bytes that the body may have.
 * @param errors gets the fields that are refused.
 * @throws MalformedBody, ContentTooLarge, and what the body's stream ends with.
 */
export async function readForm(
  x: Exchange,
  decoder: MultipartDecoder,
  limit: number,
  temporary: TemporaryFiles,
  errors: FieldError[],
): Promise<FormParts> {
  const boundary = mediaTypeOf(x.request.field('content-type') ?? '')?.parameters.get('boundary')
  if (boundary === undefined) throw malformed('Content-Type has no boundary, or more than one (RFC 7578 §4.1)')
  const reader = new MultipartReader(boundary, decoder.limits.head)
  const intake = new FormIntake(decoder, temporary, errors)
  x.releases ??= new Releases()
  x.releases.push(() => intake.release())
  const body = x.request.pieces(limit)
  // Who gave up may not have ended the body, and nobody else would.
  x.signal.addEventListener('abort', body.leave)
  try {
    for (let piece = await body.next(); piece !== undefined; piece = await body.next()) {
      for (const event of reader.read(piece)) {
        const pending = intake.take(event)
        if (pending !== undefined) await pending
      }
    }
    if (x.aborted !== undefined) throw x.aborted
    reader.finish()
    return intake.finish()
  } catch (error) {
    body.leave()
    throw error
  } finally {
    x.signal.removeEventListener('abort', body.leave)
  }
}
