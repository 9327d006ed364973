import { itemsFromRight } from './field-list.ts'
import { ExpectationFailed } from './refusals.ts'

/**
 * Expect (RFC 9110 §10.1.1), a list: its one expectation may come more than once.
 *
 * @throws ExpectationFailed for any other.
 */
export function checkExpect(list: string): void {
  for (const one of itemsFromRight(list)) if (one.toLowerCase() !== '100-continue') throw ExpectationFailed()
}
