/** What each octet may be part of (RFC 9110 §5.6.2, §5.5; RFC 9112 §3), as bits. */
export const TOKEN = 1
export const VALUE = 2
export const TARGET = 4
export const HEX = 8

export const CLASS: Uint8Array = classes()

function classes(): Uint8Array {
  const table = new Uint8Array(256)
  for (let octet = 0; octet < 256; octet++) {
    const character = String.fromCharCode(octet)
    let bits = 0
    if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character)) bits |= TOKEN
    if (/[\t\x20-\x7e\x80-\xff]/.test(character)) bits |= VALUE
    if (/[\x21-\x7e]/.test(character)) bits |= TARGET
    if (/[0-9A-Fa-f]/.test(character)) bits |= HEX
    table[octet] = bits
  }
  return table
}

export const HTAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SP = 0x20
export const COLON = 0x3a
export const SEMICOLON = 0x3b
export const EQUALS = 0x3d
export const QUOTE = 0x22
export const BACKSLASH = 0x5c

/** A Buffer with its decoders that take no name of an encoding: `toString` looks that up each time. */
export interface Octets extends Buffer {
  latin1Slice(from: number, to: number): string
  utf8Slice(from: number, to: number): string
}
