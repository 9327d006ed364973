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

/** Status line and `Content-Type` of a reply. */
interface Beginning {
  readonly mediaType: string
  readonly text: string
}

/** Writes the heads of a server's replies. */
export class ReplyHeads {
  /** The last of each status: nearly all replies of a server say the same media type, and say it first. */
  readonly #beginnings: (Beginning | undefined)[] = new Array(600)

  /** Status line and header section, ended. */
  of({ status, fields }: WireReply, more: string): string {
    const isTyped = fields[0] === 'content-type'
    let text = isTyped ? this.#beginning(status, fields[1] as string) : (STATUS_LINES[status] as string)
    for (let i = isTyped ? 2 : 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
    return `${text}${more}\r\n`
  }

  #beginning(status: number, mediaType: string): string {
    const known = this.#beginnings[status]
    if (known?.mediaType === mediaType) return known.text
    const text = flat(`${STATUS_LINES[status]}content-type: ${mediaType}\r\n`)
    this.#beginnings[status] = { mediaType, text }
    return text
  }
}

/** In one piece: V8 keeps what is put together as its pieces, and would walk through them with each reply. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

/**
 * The field that says how long a body in memory is (§6.2). A 205 says that it is nothing (RFC 9110 §15.3.6); 204 and
 * 304 never say.
 */
export function lengthField(status: number, length: number): string {
  if (isBodiless(status)) return status === 205 ? 'content-length: 0\r\n' : ''
  return `content-length: ${length}\r\n`
}
