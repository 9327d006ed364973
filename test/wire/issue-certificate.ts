import { type KeyObject, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/**
 * Issues real certificates for tests. Node reads X.509 and cannot write it; what a server and its callers look at is
 * these few lines of DER (RFC 5280 §4.1).
 */

export interface Issued {
  readonly cert: string
  readonly key: string
  /** What it takes to issue others. */
  readonly issuer: { readonly name: string; readonly privateKey: KeyObject }
}

export interface Wishes {
  /** Who it is for; `localhost` and 127.0.0.1 are always among its names. */
  readonly name?: string
  /** Who issues it; itself unless told. */
  readonly by?: Issued
  /** Encrypts the key. */
  readonly passphrase?: string
  readonly from?: Date
  readonly until?: Date
}

const DAY = 86_400_000

export function issueCertificate(wishes: Wishes = {}): Issued {
  const { name = 'localhost', from = new Date(Date.now() - DAY), until = new Date(Date.now() + DAY) } = wishes
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = wishes.by?.issuer ?? { name, privateKey }
  const toBeSigned = sequence(
    tagged(0xa0, integer(2)),
    der(0x02, Buffer.concat([Buffer.of(0x01), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(time(from), time(until)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(basicConstraints(wishes.by === undefined), alternativeNames(name))),
  )
  const signature = sign('sha256', toBeSigned, issuer.privateKey)
  const certificate = sequence(toBeSigned, ECDSA_WITH_SHA256, der(0x03, Buffer.concat([Buffer.of(0), signature])))
  const { passphrase } = wishes
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    }) as string,
    issuer: { name, privateKey },
  }
}

/** A certificate and its key alone: what `tls` takes. */
export function issuePair(wishes?: Wishes): Pick<Issued, 'cert' | 'key'> {
  const { cert, key } = issueCertificate(wishes)
  return { cert, key }
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function tagged(tag: number, part: Buffer): Buffer {
  return der(tag, part)
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.of(value))
}

function oid(...arcs: number[]): Buffer {
  const [first = 0, second = 0, ...rest] = arcs
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const digits = [arc & 0x7f]
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
    bytes.push(...digits)
  }
  return der(0x06, Buffer.from(bytes))
}

const ECDSA_WITH_SHA256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2))

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(2, 5, 4, 3), der(0x0c, Buffer.from(commonName)))))
}

/** GeneralizedTime; the notation with two digits for the year is for dates before 2050. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '')
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
    : der(0x18, Buffer.from(`${digits.slice(0, 14)}Z`))
}

function basicConstraints(isAuthority: boolean): Buffer {
  const content = isAuthority ? sequence(der(0x01, Buffer.of(0xff))) : sequence()
  return sequence(oid(2, 5, 29, 19), der(0x01, Buffer.of(0xff)), der(0x04, content))
}

function alternativeNames(name: string): Buffer {
  const names = new Set([name, 'localhost'])
  const dns = [...names].map((one) => der(0x82, Buffer.from(one)))
  const names4 = sequence(...dns, der(0x87, Buffer.of(127, 0, 0, 1)))
  return sequence(oid(2, 5, 29, 17), der(0x04, names4))
}
