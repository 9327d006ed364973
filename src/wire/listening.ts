import type { Report } from '../pipeline/fail.ts'
import type { WireLimits } from './limits.ts'
import type { ProxyRules } from './proxy.ts'
import type { TlsOptions } from './tls.ts'
import type { Upgrade } from './upgrade.ts'

/** Where a server listens, and what it holds requests to. */
export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number
  /** The address; every one where undefined. */
  readonly host: string | undefined
  /** A unix socket, in place of port and host. */
  readonly path?: string | undefined
  readonly limits: WireLimits
  readonly report: Report
  /** What to believe of the proxies before it; nothing unless told. */
  readonly proxy?: ProxyRules | undefined
  /** The certificate to serve with; plain text where undefined. */
  readonly tls?: TlsOptions | undefined
  /** Takes connections over for other protocols; nobody does unless told. */
  readonly upgrade?: Upgrade | undefined
}

/** Milliseconds that replies under way have when a server stops, unless told. */
export const DEADLINE = 10_000

/** A server that listens. */
export interface Listening {
  /** 0 on a unix socket. */
  readonly port: number
  readonly host: string | undefined
  /**
   * Takes no new connection, waits for the replies under way, then closes what is left.
   *
   * @param deadline milliseconds to wait for replies; after it their signals fire and connections close.
   */
  readonly stop: (deadline: number) => Promise<void>
}

/** The caller closed the connection before the reply was sent. */
export class CallerLeft extends Error {}

/** The server was stopped and its deadline is over. */
export class Stopped extends Error {}
