import type { Middleware } from '../contract/hooks.ts'
import { stamp } from '../contract/stamp.ts'
import { TOKEN } from '../contract/token.ts'

export interface RequestIdOptions {
  /** The header field that has it: `X-Request-Id` unless told. */
  readonly header?: string
  /** True to keep the id that a request brings. Only where what stands before the server sets it, or its callers are your own. */
  readonly accept?: boolean
}

/** Nothing that ends a line, a field or a string in any form of log. */
const PLAIN = /^[\w.~:@+/=-]{1,128}$/

/**
 * Gives each request an id: handlers and hooks have it as `request.id`, `report` as `about.id`, and every reply says
 * it, so that the line of a log is found by what a caller saw. It is middleware of the API.
 *
 * An id is new (a UUID) unless `accept` is set and the request brings a plain one: 1 to 128 letters, digits and
 * `. ~ : @ + / = - _`. Who may choose an id can give many requests the same, or that of somebody else's.
 *
 * @throws {TypeError} for a name that no header field can have.
 * @example
 * api({ middleware: [requestId()] }, { orders })
 */
export function requestId({ header = 'X-Request-Id', accept = false }: RequestIdOptions = {}): Middleware {
  if (!TOKEN.test(header)) throw new TypeError(`requestId: "${header}" is no name of a header field`)
  const [sent, asked] = [header, header.toLowerCase()]
  return stamp({
    id: (request) => {
      const brought = accept ? request?.header(asked) : undefined
      return brought !== undefined && PLAIN.test(brought) ? brought : crypto.randomUUID()
    },
    fields: (_request, id) => (id === undefined ? [] : [sent, id]),
  })
}
