import { checkNames } from './option-values.ts'

/**
 * What a server allows a connection, whatever is asked for on it. Limits of endpoints (body, depth of JSON, time of
 * the handler) are declared with them, in `limits` of the API, a group or an endpoint.
 */
export interface WireLimits {
  /** Bytes of all header fields of a request together, and of its trailer: 16,384. More is 431. */
  readonly headerBytes: number
  /** Header fields of a request: 100. More is 431. */
  readonly headerCount: number
  /** Open connections: 10,000. One more is answered 503 and closed. */
  readonly connections: number
  /** Requests answered on one connection before it is closed: 100,000. */
  readonly requestsPerConnection: number
  /** Milliseconds from the first byte of a request to the end of its header section: 10,000. Then 408. */
  readonly headerTimeout: number
  /** Milliseconds that a body may be silent, and that it may take before its rate counts: 20,000. Then 408. */
  readonly bodyTimeout: number
  /** Bytes of a body that buy it one more second, after `bodyTimeout`: 500. */
  readonly bodyRate: number
  /** Milliseconds that a connection may wait for its next request: 72,000, above the 60 s of common proxies. */
  readonly keepAliveTimeout: number
  /** Milliseconds that a caller may leave a reply unread: 20,000. Then the connection is broken. */
  readonly sendTimeout: number
}

export const WIRE_LIMITS: WireLimits = {
  headerBytes: 16_384,
  headerCount: 100,
  connections: 10_000,
  requestsPerConnection: 100_000,
  headerTimeout: 10_000,
  bodyTimeout: 20_000,
  bodyRate: 500,
  keepAliveTimeout: 72_000,
  sendTimeout: 20_000,
}

/**
 * The limits as given, the rest as they are.
 *
 * @throws {TypeError} for a name that is none, and a value that is no whole number from 1.
 */
export function wireLimits(given: Partial<WireLimits> = {}): WireLimits {
  checkNames('limits', given, Object.keys(WIRE_LIMITS))
  const limits: Record<keyof WireLimits, number> = { ...WIRE_LIMITS }
  for (const [name, value] of Object.entries(given) as [keyof WireLimits, number | undefined][]) {
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`limits: ${name} takes a whole number from 1`)
    limits[name] = value
  }
  return limits
}
