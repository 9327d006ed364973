/** Who is calling, as policies and logs know it: the same caller has the same id, whatever it shows. */
export interface Principal {
  /** Unique among the callers of the API, such as a token's `iss` and `sub`. */
  readonly id: string
  /** The value of the security dependency that said so. */
  readonly value: unknown
}
