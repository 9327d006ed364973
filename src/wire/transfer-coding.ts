import type { Problem } from '../contract/problem.ts'
import { BadRequest, NotImplemented } from '../contract/problems.ts'
import { itemsFromRight } from './field-list.ts'

/**
 * What is wrong with a list of transfer codings that is not `chunked`, once, alone (RFC 9112 §6.1). Where `chunked`
 * is not the last of them, nobody can tell where the body ends (§6.3); others nobody here takes off.
 */
export function codingFault(list: string): Problem | undefined {
  const codings = [...itemsFromRight(list)].map((one) => one.toLowerCase())
  if (codings.lastIndexOf('chunked') !== 0) {
    return BadRequest({
      detail: 'The last transfer coding, and only that, must be "chunked" (RFC 9112 §6.3)',
    }) as Problem
  }
  if (codings.length === 1) return undefined
  return NotImplemented({ detail: 'The only transfer coding taken is "chunked" (RFC 9112 §7)' }) as Problem
}
