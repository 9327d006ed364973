import { BadRequest } from '../../contract/problems.ts'
import { authorityOf, isAuthority } from '../authority.ts'
import { checkExpect } from '../expectation.ts'
import { itemsFromRight } from '../field-list.ts'
import { codingFault } from '../transfer-coding.ts'
import type { FieldLines } from './field-lines.ts'
import type { RequestHead } from './request-head.ts'
import type { RequestLine } from './request-line.ts'

/** The length of a body that ends with its last chunk. */
export const CHUNKED = -1

/** What the header section says of the connection and of the body. */
export interface Framing {
  /** Octets of the body, or CHUNKED (RFC 9112 §6.3). */
  readonly length: number
  /** True where the connection may be used again (§9.3). */
  readonly keepAlive: boolean
  /** The caller waits for 100 before it sends the body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean
  /** The caller asks for another protocol on the connection (RFC 9110 §7.8). */
  readonly upgrades: boolean
}

/** What nearly every request without a body comes to. */
const PLAIN: Framing = { length: 0, keepAlive: true, expectsContinue: false, upgrades: false }

/**
 * Reads the fields that say how messages follow each other. What two readers could read in two ways is refused,
 * for one of them may stand in front of this one (RFC 9112 §11.2).
 *
 * @throws BadRequest, NotImplemented, ExpectationFailed
 */
export function framingOf({ line, fields }: RequestHead): Framing {
  // Of others, their target and version say something too.
  if (line.minor === 0 || line.method === 'CONNECT' || !line.isOriginForm) return readFraming(line, fields)
  fields.framing ??= readFraming(line, fields)
  return fields.framing
}

function readFraming(line: RequestLine, fields: FieldLines): Framing {
  const { minor } = line
  let host: string | undefined
  let lengthText: string | undefined
  let coding: string | undefined
  let connection: string | undefined
  let expect: string | undefined
  let protocol: string | undefined
  for (let i = 0; i < fields.count; i++) {
    // The names that matter here differ in length, all but two.
    switch (fields.nameLength(i)) {
      case 4:
        if (!fields.isNamed(i, 'host')) break
        if (host !== undefined) throw BadRequest({ detail: 'The request has more than one Host (RFC 9112 §3.2)' })
        host = fields.value(i)
        break
      case 6:
        if (fields.isNamed(i, 'expect')) expect = joined(expect, fields.value(i))
        break
      case 7:
        if (fields.isNamed(i, 'upgrade')) protocol = joined(protocol, fields.value(i))
        break
      case 10:
        if (fields.isNamed(i, 'connection')) connection = joined(connection, fields.value(i))
        break
      case 14:
        if (!fields.isNamed(i, 'content-length')) break
        if (lengthText !== undefined) throw BadRequest({ detail: 'There are two Content-Lengths (RFC 9112 §6.3)' })
        lengthText = fields.value(i)
        break
      case 17:
        if (fields.isNamed(i, 'transfer-encoding')) coding = joined(coding, fields.value(i))
        break
    }
  }
  checkHost(line, host)
  // What follows it, whatever its target, is for who is at the other end of the tunnel: nobody (RFC 9110 §9.3.6).
  const isConnect = line.method === 'CONNECT'
  if (isConnect && !isAuthority(line.target)) {
    throw BadRequest({ detail: 'The target of CONNECT is a host and a port (RFC 9112 §3.2.3)' })
  }
  if (lengthText === undefined && coding === undefined && connection === undefined && expect === undefined) {
    return minor === 1 && !isConnect ? PLAIN : { ...PLAIN, keepAlive: false }
  }
  const length = coding === undefined ? toLength(lengthText) : chunked(coding, lengthText, minor)
  if (isConnect) return { ...PLAIN, keepAlive: false }
  return {
    length,
    keepAlive: persists(connection, minor),
    expectsContinue: expect !== undefined && expectsContinue(expect, minor) && length !== 0,
    // Of one with a body, its end would have to be found before the other protocol begins.
    upgrades: length === 0 && minor === 1 && !!protocol && connection !== undefined && has(connection, 'upgrade'),
  }
}

function joined(list: string | undefined, value: string): string {
  return list === undefined ? value : `${list}, ${value}`
}

/** Host: exactly one in HTTP/1.1, and an authority (RFC 9112 §3.2). That of an absolute target goes before it (§3.2.2). */
function checkHost(line: RequestLine, host: string | undefined): void {
  if (host === undefined) {
    if (line.minor === 1) throw BadRequest({ detail: 'The request has no Host (RFC 9112 §3.2)' })
  } else if (!isAuthority(host)) {
    throw BadRequest({ detail: 'Host is not a host with an optional port (RFC 9112 §3.2)' })
  }
  const authority = line.isOriginForm ? undefined : authorityOf(line.target)
  if (authority !== undefined && (authority === '' || !isAuthority(authority))) {
    throw BadRequest({ detail: 'The target is not at a host with an optional port (RFC 9112 §3.2.2)' })
  }
}

/** Content-Length (RFC 9110 §8.6): digits, one number. */
function toLength(text: string | undefined): number {
  if (text === undefined) return 0
  const length = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(length)) {
    throw BadRequest({ detail: 'Content-Length is not one number (RFC 9112 §6.3)' })
  }
  return length
}

/** Transfer-Encoding (RFC 9112 §6.1): nothing but `chunked`, once, alone. */
function chunked(coding: string, length: string | undefined, minor: number): number {
  if (length !== undefined) {
    throw BadRequest({ detail: 'There are both Content-Length and Transfer-Encoding (RFC 9112 §6.3)' })
  }
  if (minor === 0) throw BadRequest({ detail: 'HTTP/1.0 has no Transfer-Encoding (RFC 9112 §6.1)' })
  const refused = codingFault(coding)
  if (refused !== undefined) throw refused
  return CHUNKED
}

/** Connection (RFC 9112 §9.3): HTTP/1.1 goes on unless told, HTTP/1.0 when told. */
export function persists(connection: string | undefined, minor: number): boolean {
  if (connection === undefined) return minor === 1
  if (has(connection, 'close')) return false
  return minor === 1 || has(connection, 'keep-alive')
}

/** True where a list of tokens has that one. */
function has(list: string, token: string): boolean {
  if (list.length === token.length) return list.toLowerCase() === token
  for (const one of itemsFromRight(list)) if (one.toLowerCase() === token) return true
  return false
}

/** Expect (RFC 9110 §10.1.1). From HTTP/1.0 it is not heeded. */
function expectsContinue(expect: string, minor: number): boolean {
  if (minor === 0) return false
  checkExpect(expect)
  return true
}
