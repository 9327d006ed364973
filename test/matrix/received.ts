/** A reply as it came over the wire. */
export interface Received {
  readonly version: string
  readonly status: number
  /** Names in lower case, in the order in which they came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** Statuses of the 1xx replies before it. */
  readonly interim: readonly number[]
  /** How many bytes it took, 1xx replies included. */
  readonly length: number
}

const STATUS = /^(HTTP\/1\.[01]) (\d{3})(?: (.*))?$/

/**
 * Reads one reply by the letter of RFC 9112 §6.3.
 *
 * @returns undefined while there is less than a whole one.
 * @throws where the bytes are no HTTP/1.1 reply.
 */
export function readReply(bytes: Buffer, method: string, ended: boolean): Received | undefined {
  const interim: number[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end === -1) return undefined
    const [first = '', ...lines] = bytes.toString('latin1', at, end).split('\r\n')
    const start = STATUS.exec(first)
    if (start === null) throw new Error(`no status line: ${JSON.stringify(first)}`)
    const status = Number(start[2])
    at = end + 4
    if (status >= 100 && status < 200 && status !== 101) {
      interim.push(status)
      continue
    }
    const headers = lines.map(field)
    const body = readBody(bytes, at, method, status, headers, ended)
    if (body === undefined) return undefined
    return { version: start[1] as string, status, headers, body: body.bytes, interim, length: body.end }
  }
}

function field(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  if (colon <= 0 || /\s/.test(line.slice(0, colon))) throw new Error(`no header field: ${JSON.stringify(line)}`)
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

type Fields = Received['headers']

/** All values of a field, joined as one list. */
export function fieldOf(headers: Fields, name: string): string | undefined {
  const values = headers.filter(([key]) => key === name).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(', ')
}

function readBody(
  bytes: Buffer,
  at: number,
  method: string,
  status: number,
  headers: Fields,
  ended: boolean,
): { bytes: Buffer; end: number } | undefined {
  const lengths = headers.filter(([name]) => name === 'content-length')
  const coding = fieldOf(headers, 'transfer-encoding')
  if (lengths.length > 1 || (lengths.length > 0 && coding !== undefined)) throw new Error('framed in more than one way')
  if (method === 'HEAD' || status === 204 || status === 304) return { bytes: Buffer.alloc(0), end: at }
  if (coding !== undefined) return readChunks(bytes, at)
  const length = lengths[0]?.[1]
  if (length === undefined) return ended ? { bytes: bytes.subarray(at), end: bytes.length } : undefined
  if (!/^\d+$/.test(length)) throw new Error(`no length: ${length}`)
  const end = at + Number(length)
  return bytes.length < end ? undefined : { bytes: bytes.subarray(at, end), end }
}

function readChunks(bytes: Buffer, from: number): { bytes: Buffer; end: number } | undefined {
  const chunks: Buffer[] = []
  let at = from
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = bytes.toString('latin1', at, line)
    if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`no chunk size: ${JSON.stringify(size)}`)
    at = line + 2
    const length = Number.parseInt(size, 16)
    if (bytes.length < at + length + 2) return undefined
    if (bytes.toString('latin1', at + length, at + length + 2) !== '\r\n') throw new Error('a chunk that goes on')
    if (length === 0) return { bytes: Buffer.concat(chunks), end: at + 2 }
    chunks.push(bytes.subarray(at, at + length))
    at += length + 2
  }
}
