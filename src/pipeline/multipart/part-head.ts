import { MalformedBody } from '../../contract/problems.ts'
import { type MediaType, mediaTypeOf } from '../media-type.ts'

/** What the header fields of one part say (RFC 7578 §4). */
export interface PartHead {
  readonly name: string
  /** The name of the file, as it was sent; `''` where a form has a field for a file and none was chosen. */
  readonly fileName: string | undefined
  readonly type: MediaType | undefined
}

/** A field name, and a value without CR, LF and NUL; lines that are folded are none (RFC 9112 §5.2). */
const FIELD = /^([!#$%&'*+\-.^_`|~0-9a-z]+):([^\0\r\n]*)$/i

const DISPOSITION = /^form-data[ \t]*/i
/** One parameter. In a quoted string, every character is taken by one way alone, so nothing is tried twice. */
const PARAMETER = /;[ \t]*([!#$%&'*+\-.^_`|~0-9a-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s";]+))[ \t]*/isy

/**
 * Reads the header section of a part: its lines, without the empty one at the end.
 *
 * @throws MalformedBody
 */
export function readPartHead(text: string): PartHead {
  let disposition: string | undefined
  let type: MediaType | undefined
  for (const line of text === '' ? [] : text.split('\r\n')) {
    const [, name = '', spaced = ''] = FIELD.exec(line) ?? []
    const value = spaced.trim()
    switch (name.toLowerCase()) {
      case '':
        throw malformed('A part has a line in its header section that is no header field')
      case 'content-disposition':
        if (disposition !== undefined) throw malformed('A part has Content-Disposition twice')
        disposition = value
        break
      case 'content-type':
        if (type !== undefined) throw malformed('A part has Content-Type twice')
        type = mediaTypeOf(value)
        if (type === undefined) throw malformed('A part has a Content-Type that is none (RFC 9110 §8.3.1)')
        break
      case 'content-transfer-encoding':
        // Forms over HTTP have none (RFC 7578 §4.7); what is encoded would be taken for what it encodes.
        if (!/^(?:7bit|8bit|binary)$/i.test(value)) {
          throw malformed('A part has a Content-Transfer-Encoding: send it as it is (RFC 7578 §4.7)')
        }
    }
  }
  if (disposition === undefined) throw malformed('A part has no Content-Disposition (RFC 7578 §4.2)')
  if (type?.essence.startsWith('multipart/')) {
    throw malformed('A part is multipart itself: send each file as a part of its own (RFC 7578 §4.3)')
  }
  return { ...namesIn(disposition), type }
}

/** `filename*` is not read: forms must not have it (RFC 7578 §4.2), and whoever sends it sends `filename` too. */
function namesIn(disposition: string): Pick<PartHead, 'name' | 'fileName'> {
  const start = DISPOSITION.exec(disposition)
  const parameters = new Map<string, string>()
  for (let at = start?.[0].length ?? -1; at < disposition.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const found = at === -1 ? null : PARAMETER.exec(disposition)
    const [, name = '', quoted, token] = found ?? []
    if (name === '' || parameters.has(name.toLowerCase())) {
      throw malformed('A part has a Content-Disposition that cannot be read (RFC 7578 §4.2)')
    }
    parameters.set(name.toLowerCase(), quoted === undefined ? (token as string) : unescaped(quoted))
  }
  const name = parameters.get('name')
  if (name === undefined) throw malformed('A part has no name (RFC 7578 §4.2)')
  return { name, fileName: parameters.get('filename') }
}

/**
 * Browsers write `"` as `%22`, and CR and LF as `%0D` and `%0A` (HTML, multipart form data); others put `\` before `"` and
 * `\`. Any other `\` and `%` are characters of the name: `C:\cover.png`, `100%`.
 */
function unescaped(text: string): string {
  return text.replace(/\\(["\\])|%(22|0D|0A)/gi, (_, plain?: string, code?: string) => {
    return plain ?? String.fromCharCode(Number.parseInt(code as string, 16))
  })
}

export function malformed(detail: string): Error {
  return MalformedBody({ detail })
}
