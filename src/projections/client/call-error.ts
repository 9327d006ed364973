/** Why a call has no reply. */
export type CallFailure =
  /** The server could not be reached, or the reply broke off. */
  | 'network'
  /** The `timeout` passed. */
  | 'timeout'
  /** The `signal` fired. */
  | 'aborted'
  /** The reply is not what the API promises. */
  | 'reply'
  /** The description of the API (`/openapi.json`) could not be read. */
  | 'description'

/**
 * A call that got no reply, or none that can be read. `cause` holds what was thrown. An aborted one is
 * named `AbortError`, one that took too long `TimeoutError`, as `fetch` names them.
 */
export class CallError extends Error {
  readonly reason: CallFailure
  /** The operation id: `orders.create`. */
  readonly operation: string
  readonly method: string
  /** Without its query, for that may hold what no log should. */
  readonly url: string

  constructor(reason: CallFailure, operation: string, request: Target, message: string, cause?: unknown) {
    super(`${operation}: ${place(request)} ${message}`, { cause })
    this.reason = reason
    this.operation = operation
    this.method = request.method
    this.url = bare(request.url)
  }

  override get name(): string {
    return this.reason === 'aborted' ? 'AbortError' : this.reason === 'timeout' ? 'TimeoutError' : 'CallError'
  }
}

/** What was asked for. */
export interface Target {
  readonly method: string
  readonly url: string
}

/** A request as messages name it: `GET http://127.0.0.1:8000/orders`. */
export function place(request: Target): string {
  return `${request.method} ${bare(request.url)}`
}

function bare(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
