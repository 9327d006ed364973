import { BadRequest } from '../../contract/problems.ts'

/** Lines end in CR LF and in nothing else (RFC 9112 §2.2): in LF alone, one is a line to some and half of one to others. */
export function bareLf(): Error {
  return BadRequest({ detail: 'A line ends in LF without CR (RFC 9112 §2.2)' })
}

export function bareCr(): Error {
  return BadRequest({ detail: 'There is a CR without LF (RFC 9112 §2.2)' })
}
