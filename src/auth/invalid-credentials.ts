export interface InvalidCredentialsOptions {
  /** The code that a Bearer challenge gives, such as `invalid_token` (RFC 6750 §3.1). */
  readonly error?: string
  /** 400 for what cannot be read at all; 401 unless told. */
  readonly status?: 400 | 401
  /** Why, for the log only. */
  readonly cause?: unknown
}

/** Credentials that are shown and do not hold. Thrown by what reads them; its message is sent. */
export class InvalidCredentials extends Error {
  readonly error: string | undefined
  readonly status: 400 | 401

  constructor(message: string, { error, status = 401, cause }: InvalidCredentialsOptions = {}) {
    super(message, { cause })
    this.error = error
    this.status = status
  }

  override get name(): string {
    return 'InvalidCredentials'
  }
}
