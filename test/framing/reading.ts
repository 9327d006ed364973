/** What a reader made of the octets of a connection. */
export interface Reading {
  /** Requests whose header section it took, in order. */
  readonly requests: readonly Taken[]
  readonly ending: Ending
  /** All that it answered, an octet a character; nothing where it only reads. */
  readonly replies: string
}

/** A request, filled in as its reader goes on. */
export interface Taken {
  readonly method: string
  readonly target: string
  /** 0 or 1; undefined where the reader does not tell. */
  minor: number | undefined
  /** Names in lower case, in the order in which each first came; the values of several lines joined. */
  fields: readonly (readonly [name: string, value: string])[]
  /** The body, an octet a character; undefined where the reader does not tell. */
  body: string | undefined
  /** True where all of it came; undefined where the reader does not tell. */
  whole: boolean | undefined
  /** In which piece it was whole: where the next request begins, as far as the cuts tell. */
  piece: number | undefined
  /** Whether the connection goes on after it; undefined where the reader does not tell. */
  goesOn: boolean | undefined
  /** Names of its trailer fields, in lower case, where the reader tells. */
  trailer: readonly string[]
  /** Why nobody would be handed it, though the connection goes on: its framing was not in doubt. */
  refused: string | undefined
}

/** Where a reader stands at the end of the octets. `is: 'refused'` has why. */
export interface Ending {
  /** Waits for more, refused what came, ended as it was told to, handed the connection to another protocol, or broke. */
  readonly is: 'waits' | 'refused' | 'closed' | 'tunnel' | 'broken'
  readonly why: string
}

/** How the octets come, and what is done with the requests. */
export interface Delivery {
  readonly pieces: readonly Buffer[]
  /** True where a piece comes when all that the one before caused is done. */
  readonly slow: boolean
  readonly use: Use
  /** True for replies of unknown length, which tell what version the request had. */
  readonly streamed: boolean
}

/** How a handler reads bodies; `late`, when it has done something else first. */
export type Use = 'bytes' | 'text' | 'stream' | 'late' | 'nothing'

export const USES: readonly Use[] = ['bytes', 'text', 'stream', 'late', 'nothing']

export type Reader = (delivery: Delivery) => Promise<Reading>

/** Field lines as one list in which each name stands once (RFC 9110 §5.3). */
export function combined(lines: Iterable<readonly [name: string, value: string]>): [string, string][] {
  const fields = new Map<string, string>()
  for (const [given, value] of lines) {
    const name = given.toLowerCase()
    const before = fields.get(name)
    fields.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`)
  }
  return [...fields]
}
