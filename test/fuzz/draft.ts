/** A request as it goes on the wire. Mutations change it; what may answer it is read from it. */
export interface Draft {
  method: string
  /** With what is before the first `?`: escaped, or broken, as it is sent. Characters are bytes. */
  path: string
  /** Without the `?`; undefined for none. */
  query: string | undefined
  version: string
  /** Names and values; characters are bytes. */
  headers: [name: string, value: string][]
  body: Uint8Array | undefined
  /** `given` where the headers say it, rightly or not. */
  framing: 'length' | 'chunked' | 'given'
  /** Where a chunked body is cut. */
  cuts: readonly number[]
  /** What chunks carry besides, and what follows them. */
  extension: string
  trailer: string
  /** Statuses with which a server may refuse what a mutation did beneath any operation. */
  readonly refusals: Set<number>
  /** True where nobody can tell what follows this request on its connection: one reply, then the end. */
  last: boolean
  /** True where the caller leaves before the request is whole: no reply is owed. */
  leaves: boolean
  /** The mutations it went through. */
  readonly made: string[]
}

const encoder = new TextEncoder()

export function newDraft(method: string, path: string): Draft {
  return {
    method,
    path,
    query: undefined,
    version: 'HTTP/1.1',
    headers: [['Host', '127.0.0.1']],
    body: undefined,
    framing: 'length',
    cuts: [],
    extension: '',
    trailer: '',
    refusals: new Set(),
    last: false,
    leaves: false,
    made: [],
  }
}

export function targetOf(draft: Draft): string {
  return draft.query === undefined ? draft.path : `${draft.path}?${draft.query}`
}

export function headerOf(draft: Draft, name: string): string | undefined {
  return draft.headers.find(([key]) => key.toLowerCase() === name)?.[1]
}

export function setHeader(draft: Draft, name: string, value: string): void {
  dropHeader(draft, name.toLowerCase())
  draft.headers.push([name, value])
}

export function dropHeader(draft: Draft, name: string): void {
  draft.headers = draft.headers.filter(([key]) => key.toLowerCase() !== name)
}

/** The bytes of the whole request. */
export function bytesOf(draft: Draft): Buffer {
  const lines = [`${draft.method} ${targetOf(draft)} ${draft.version}`]
  for (const [name, value] of draft.headers) lines.push(`${name}: ${value}`)
  const { body } = draft
  if (body === undefined || draft.framing === 'given') return joined(lines, body ?? new Uint8Array())
  if (draft.framing === 'length') return joined([...lines, `Content-Length: ${body.byteLength}`], body)
  return joined([...lines, 'Transfer-Encoding: chunked'], chunked(draft, body))
}

function joined(lines: readonly string[], body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

function chunked(draft: Draft, body: Uint8Array): Buffer {
  const ends = [...new Set([...draft.cuts.filter((cut) => cut > 0 && cut < body.byteLength), body.byteLength])]
  const parts: Uint8Array[] = []
  let from = 0
  for (const end of ends.toSorted((a, b) => a - b)) {
    if (end === from) continue
    parts.push(
      encoder.encode(`${(end - from).toString(16)}${draft.extension}\r\n`),
      body.subarray(from, end),
      encoder.encode('\r\n'),
    )
    from = end
  }
  return Buffer.concat([...parts, Buffer.from(`0\r\n${draft.trailer}\r\n`, 'latin1')])
}

/** UTF-8 bytes as characters, which is how a draft holds text in targets and headers. */
export function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
