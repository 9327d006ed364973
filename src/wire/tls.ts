import type { SecureContextOptions, Server, TLSSocket, TlsOptions as ServerTlsOptions } from 'node:tls'
import { type Report, careful } from '../pipeline/fail.ts'
import { type Certificate, isPem, readCertificate, validityOf } from './certificate.ts'
import type { WireLimits } from './limits.ts'
import { type Pace, type Watch, watchFiles } from './watch-files.ts'

const { createServer } = process.getBuiltinModule('node:tls')
const { constants } = process.getBuiltinModule('node:crypto')

/** A certificate to serve with. What is a path may also be the PEM text itself. */
export interface TlsOptions {
  /** Path of the certificate, PEM, followed by those that lead to its authority: what certbot calls `fullchain.pem`. */
  readonly cert: string
  /** Path of its private key, PEM. */
  readonly key: string
  /** Opens the key, where it is encrypted. */
  readonly passphrase?: string
  /** Path of certificates of authorities, PEM: with it, every caller has to show a certificate that one of them issued. */
  readonly ca?: string
  /** The lowest version that is spoken: `TLSv1.2` unless told. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** False to speak HTTP/1.1 alone. */
  readonly http2?: boolean
}

/** Who gets the connections of a TLS server, by what was agreed on in the handshake (ALPN, RFC 7301). */
export interface Takers {
  readonly http1: (socket: TLSSocket) => void
  readonly http2: (socket: TLSSocket) => void
}

/** TLS as it is served now: with the certificate that was last found in its files. */
export interface Tls {
  /** A server of TLS, which does not listen yet. Handshakes have as long as a header section. */
  readonly createServer: (takers: Takers, limits: WireLimits) => Server
  /** Looks at the files no more. */
  readonly close: () => void
}

/**
 * Reads a certificate, and goes on to look whether its files change. Connections that are open keep the one that they
 * have, those that come later get the new one. A new one that cannot be served is reported, and the old one stays.
 *
 * @param pace how the files are looked at; for tests.
 * @throws {CertificateError} for files that are missing or hold something else, and a key that does not fit.
 * @throws {TypeError} for a version below TLS 1.2.
 */
export function createTls(given: TlsOptions, report: Report, pace?: Pace): Tls {
  const { minVersion = 'TLSv1.2' } = given
  // Versions below are broken (RFC 8996). Node speaks them where somebody asks for it, also by NODE_OPTIONS.
  if (minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3') {
    throw new TypeError(`tls.minVersion is "${minVersion}": use "TLSv1.2" or "TLSv1.3", older ones are not safe`)
  }
  const tell = (error: unknown): void => careful(report)(error, { operation: undefined, request: 'tls' })
  const contextOf = ({ cert, key, ca }: Certificate): SecureContextOptions => ({
    cert,
    key,
    minVersion,
    // A caller that asks to negotiate anew within a connection makes the server compute and has no other use here.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ca === undefined ? {} : { ca }),
    ...(given.passphrase === undefined ? {} : { passphrase: given.passphrase }),
  })
  const tellValidity = (certificate: Certificate): void => {
    const fault = validityOf(certificate)
    if (fault !== undefined) tell(fault)
  }

  let current = readCertificate(given)
  let refused: string | undefined
  tellValidity(current)
  const servers = new Set<Server>()

  const reload = (): void => {
    try {
      const found = readCertificate(given)
      refused = undefined
      if (found.cert === current.cert && found.key === current.key && found.ca === current.ca) return
      current = found
    } catch (error) {
      // Half of a pair is there before the other. Nothing is told twice, however often one looks.
      const { message } = error as Error
      if (message !== refused) tell(error)
      refused = message
      return
    }
    for (const server of servers) server.setSecureContext(contextOf(current))
    tellValidity(current)
  }
  const paths = [given.cert, given.key, given.ca].filter((path) => path !== undefined && !isPem(path))
  const watch: Watch | undefined = paths.length === 0 ? undefined : watchFiles(paths as string[], reload, pace)

  return {
    createServer: ({ http1, http2 }, limits) => {
      const options: ServerTlsOptions = {
        ...contextOf(current),
        ALPNProtocols: given.http2 === false ? ['http/1.1'] : ['h2', 'http/1.1'],
        handshakeTimeout: limits.headerTimeout,
        noDelay: true,
        ...(given.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
      }
      const server = createServer(options, (socket) => (socket.alpnProtocol === 'h2' ? http2 : http1)(socket))
      // Whoever speaks no TLS here, or leaves, is a matter of the caller's.
      server.on('tlsClientError', (_error, socket) => socket.destroy())
      servers.add(server)
      server.once('close', () => servers.delete(server))
      return server
    },
    close: () => watch?.close(),
  }
}
