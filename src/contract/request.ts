/** A request as handlers, hooks and dependencies see it. The same on every wire. */
export interface Request {
  /** Upper case: `GET`. */
  readonly method: string
  /**
   * The path as it was matched: `/orders/42`. Escapes that need not be are plain (`/%61dmin` is `/admin`),
   * all others stay.
   */
  readonly path: string
  /** What follows `?`, not decoded, without it; `''` where there is none. */
  readonly search: string
  /** The absolute URL. Its authority is what the caller claimed: do not build trust on it. */
  readonly url: string
  /** A header field's value; fields that came more than once are joined with `, `. Case of `name` is ignored. */
  header(name: string): string | undefined
  /** All header fields, names in lower case. */
  headers(): Iterable<readonly [name: string, value: string]>
  /** The address of the peer, where the wire knows it. */
  readonly remoteAddress: string | undefined
}
