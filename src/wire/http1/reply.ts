import { REASON_PHRASES } from '../../contract/reason-phrases.ts'
import { type WireReply, isBodiless } from '../../pipeline/reply.ts'

/** Status lines (RFC 9112 §4) by status: made once, for all that a reply can have. */
const STATUS_LINES: readonly string[] = Array.from(
  { length: 600 },
  (_, status) => `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ''}\r\n`,
)

export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

/** What the connection adds to a reply: whether it goes on, said only where the version would not mean it (§9.3). */
export const GOES_ON = ''
export const GOES_ON_10 = 'connection: keep-alive\r\n'
export const CLOSES = 'connection: close\r\n'

/** Status line and header section, ended. */
export function headOf({ status, fields }: WireReply, more: string): string {
  let text = STATUS_LINES[status] as string
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  return `${text}${more}\r\n`
}

/**
 * The field that says how long a body in memory is (§6.2). A 205 says that it is nothing (RFC 9110 §15.3.6); 204 and
 * 304 never say.
 */
export function lengthField(status: number, length: number): string {
  if (isBodiless(status)) return status === 205 ? 'content-length: 0\r\n' : ''
  return `content-length: ${length}\r\n`
}
