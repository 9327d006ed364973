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
  /** The absolute URL, as the caller has it. Its authority is what the caller claimed: do not build trust on it. */
  readonly url: string
  /** What a proxy took off the path before this server got it: `/api`; `''` where nothing was. */
  readonly prefix: string
  /** A header field's value; fields that came more than once are joined with `, `. Case of `name` is ignored. */
  header(name: string): string | undefined
  /** All header fields, names in lower case. */
  headers(): Iterable<readonly [name: string, value: string]>
  /** The address of the caller, where the wire knows it: of the peer, or what proxies that are believed say. */
  readonly remoteAddress: string | undefined
  /** What the request is called in logs and in the reply; undefined where the API has no `requestId()`. */
  readonly id: string | undefined
}
