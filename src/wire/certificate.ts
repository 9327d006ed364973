import type { KeyObject, X509Certificate } from 'node:crypto'

const { X509Certificate: Parsed, createPrivateKey } = process.getBuiltinModule('node:crypto')
const { readFileSync } = process.getBuiltinModule('node:fs')
const { resolve } = process.getBuiltinModule('node:path')
const { createSecureContext } = process.getBuiltinModule('node:tls')

/** A certificate that cannot be served. The message says which file, and how to mend it. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
}

/** What PEM text holds (RFC 7468 §2), between which may stand anything. */
const BLOCK = /-----BEGIN ([^\n]*?)-----[\s\S]*?-----END \1-----/g

/** Paths of PEM files, or the PEM text itself. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
  readonly ca?: string
  readonly passphrase?: string
}

/** A certificate with the key that fits, as PEM text. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly ca: string | undefined
  readonly parsed: X509Certificate
  /** Where it came from, for messages. */
  readonly from: string
}

/** True for PEM text, in place of a path. */
export function isPem(text: string): boolean {
  return /^\s*-----BEGIN /.test(text)
}

/**
 * Reads a certificate and its key, and holds them against each other.
 *
 * @throws {CertificateError}
 */
export function readCertificate(files: CertificateFiles): Certificate {
  const cert = read('tls.cert', files.cert)
  const key = read('tls.key', files.key)
  const ca = files.ca === undefined ? undefined : read('tls.ca', files.ca)
  const parsed = certificateIn('tls.cert', cert)
  if (!parsed.checkPrivateKey(keyIn(key, files.passphrase))) {
    throw new CertificateError(
      `tls.key: ${key.from} is not the key of the certificate in ${cert.from}, ${about(parsed)}: ` +
        'give the key that the certificate was issued for',
    )
  }
  checkWhole('tls.cert', cert)
  if (ca !== undefined) checkWhole('tls.ca', ca)
  try {
    createSecureContext({ cert: cert.text, key: key.text, passphrase: files.passphrase, ca: ca?.text })
  } catch (error) {
    const { message } = error as Error
    throw new CertificateError(`tls.cert: OpenSSL does not serve with ${cert.from}: ${message}`, { cause: error })
  }
  return { cert: cert.text, key: key.text, ca: ca?.text, parsed, from: cert.from }
}

/** What is wrong with the time at which a certificate is served; undefined where nothing is. */
export function validityOf({ parsed, from }: Certificate): CertificateError | undefined {
  const now = Date.now()
  if (Date.parse(parsed.validTo) < now) {
    return new CertificateError(`tls.cert: ${from} expired on ${dateOf(parsed.validTo)}: callers refuse it; renew it`)
  }
  if (Date.parse(parsed.validFrom) > now) {
    const from_ = dateOf(parsed.validFrom)
    return new CertificateError(
      `tls.cert: ${from} is not valid before ${from_}: callers refuse it; is the clock right?`,
    )
  }
  return undefined
}

interface Source {
  readonly text: string
  readonly from: string
}

function read(option: string, given: string): Source {
  if (isPem(given)) return { text: given, from: `the text in ${option}` }
  const from = resolve(given)
  try {
    return { text: readFileSync(from, 'utf8'), from }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT'
        ? `there is no file ${from}: check the path, which is taken from the folder that the process was started in`
        : code === 'EACCES'
          ? `${from} may not be read by the user of this process: change its owner or its mode`
          : `${from} cannot be read: ${message}`
    throw new CertificateError(`${option}: ${why}`, { cause: error })
  }
}

function certificateIn(option: string, { text, from }: Source): X509Certificate {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    const mend = text.includes('PRIVATE KEY-----')
      ? 'it holds a private key: are tls.cert and tls.key the wrong way round?'
      : 'give a file in PEM form, which has a line "-----BEGIN CERTIFICATE-----"'
    throw new CertificateError(`${option}: ${from} holds no certificate: ${mend}`)
  }
  try {
    return new Parsed(text)
  } catch (error) {
    throw broken(option, from, error)
  }
}

/**
 * OpenSSL leaves out what follows one that it cannot read, such as the rest of a file that is half written: callers of an
 * authority would be refused, or callers refuse the server, and nobody would know why.
 */
function checkWhole(option: string, { text, from }: Source): void {
  const rest = text.replaceAll(BLOCK, (block: string, kind: string) => {
    if (kind === 'CERTIFICATE') certificateIn(option, { text: block, from })
    return 'whole'
  })
  const last = rest.slice(rest.lastIndexOf('\n') + 1)
  const isCut = last !== '' && '-----BEGIN '.startsWith(last)
  if (isCut || /-----(?:BEGIN|END) /.test(rest)) throw broken(option, from)
}

function broken(option: string, from: string, cause?: unknown): CertificateError {
  return new CertificateError(`${option}: a certificate in ${from} is broken: copy it anew`, { cause })
}

function keyIn({ text, from }: Source, passphrase: string | undefined): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    const mend = text.includes('-----BEGIN CERTIFICATE-----')
      ? 'it holds a certificate: are tls.cert and tls.key the wrong way round?'
      : 'give a file in PEM form, which has a line "-----BEGIN PRIVATE KEY-----"'
    throw new CertificateError(`tls.key: ${from} holds no private key: ${mend}`)
  }
  const isEncrypted = /ENCRYPTED/.test(text)
  if (isEncrypted && passphrase === undefined) {
    throw new CertificateError(`tls.key: ${from} is encrypted: give what opens it as tls.passphrase`)
  }
  try {
    return createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) })
  } catch {
    // No cause: OpenSSL's message might say something of the passphrase.
    if (isEncrypted)
      throw new CertificateError(`tls.passphrase does not open ${from}: give the one that it was made with`)
    throw new CertificateError(`tls.key: the private key in ${from} is broken: copy it anew`)
  }
}

function about({ subject, subjectAltName }: X509Certificate): string {
  return `which is for ${subjectAltName ?? subject?.replaceAll('\n', ', ') ?? 'nobody'}`
}

/** OpenSSL's `Jan  2 03:04:05 2027 GMT` as `2027-01-02`. */
function dateOf(text: string): string {
  return new Date(text).toISOString().slice(0, 10)
}
