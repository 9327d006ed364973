import type { Middleware, Reply } from '../contract/hooks.ts'
import { reply } from '../contract/reply-spec.ts'
import { addVary } from './vary.ts'

export interface CorsOptions {
  /**
   * Which origins may read replies: `'https://app.example'`, a list of them, `'*'` for all, or a function that says of
   * one whether it may.
   */
  readonly origins: '*' | string | readonly string[] | ((origin: string) => boolean)
  /** True to let callers bring cookies and the like; not with `'*'`. */
  readonly credentials?: boolean
  /** Header fields that callers may send; those that they ask for unless told. */
  readonly headers?: readonly string[]
  /** Header fields of replies that scripts may read, beside the few that they always may. */
  readonly expose?: readonly string[]
  /** Seconds for which browsers remember what they asked beforehand: 600 unless told. */
  readonly maxAge?: number
}

/** A list of field names, as browsers send it: nothing else is said back. */
const NAMES = /^[a-z0-9!#$%&'*+.^_`|~-]+(?:[ \t]*,[ \t]*[a-z0-9!#$%&'*+.^_`|~-]+)*$/i
const NAMES_LIMIT = 2048
const METHOD = /^[A-Z]{1,20}$/

/**
 * Says which pages of other origins may read replies (CORS, as the Fetch standard has it). It is middleware of the API:
 * so it stands before security and limits, and failures are readable too. What a browser asks beforehand (a preflight)
 * is answered here, with the methods that the path has.
 *
 * Every reply says `Vary: Origin`. The origin `null`, which sandboxed pages and files have, is never allowed.
 *
 * @throws {TypeError} for an origin that is none, and for `'*'` with credentials.
 * @example
 * api({ middleware: [cors({ origins: 'https://app.shop.example' })] }, { orders })
 */
export function cors(options: CorsOptions): Middleware {
  const { origins, credentials = false, headers, expose = [], maxAge = 600 } = options
  if (origins === '*' && credentials) {
    throw new TypeError('cors: origins "*" with credentials lets any page act as its reader: list the origins')
  }
  if (!(Number.isInteger(maxAge) && maxAge >= 0)) throw new TypeError(`cors: maxAge is whole seconds, not ${maxAge}`)
  const isAllowed = allowance(origins)

  const open = (given: Reply, origin: string | undefined): Reply => {
    addVary(given, 'Origin')
    if (origin === undefined || origin === 'null' || !isAllowed(origin)) return given
    given.set('access-control-allow-origin', origins === '*' ? '*' : origin)
    if (credentials) given.set('access-control-allow-credentials', 'true')
    if (expose.length > 0) given.set('access-control-expose-headers', expose.join(', '))
    return given
  }

  return async (context, next) => {
    const { request } = context
    const origin = request.header('origin')
    const wanted = request.method === 'OPTIONS' ? request.header('access-control-request-method') : undefined
    if (wanted === undefined || origin === undefined) return open(await next(context), origin)
    // An endpoint of its own for OPTIONS may ask who is calling, which a browser does not say beforehand.
    const asked = context.operation === undefined ? await next(context) : undefined
    if (asked !== undefined && asked.status !== 204) return open(asked, origin)
    const methods = asked?.header('allow') ?? (METHOD.test(wanted) ? wanted : undefined)
    const fields = headers?.join(', ') ?? request.header('access-control-request-headers')
    const allowed = origin !== 'null' && isAllowed(origin)
    const answer: Record<string, string> = { vary: 'Origin, Access-Control-Request-Headers' }
    if (allowed) {
      answer['access-control-allow-origin'] = origins === '*' ? '*' : origin
      answer['access-control-max-age'] = String(maxAge)
      if (credentials) answer['access-control-allow-credentials'] = 'true'
      if (methods !== undefined) answer['access-control-allow-methods'] = methods
      if (fields !== undefined && fields.length <= NAMES_LIMIT && NAMES.test(fields)) {
        answer['access-control-allow-headers'] = fields
      }
    }
    return reply(204, undefined, answer)
  }
}

function allowance(origins: CorsOptions['origins']): (origin: string) => boolean {
  if (origins === '*') return () => true
  if (typeof origins === 'function') return origins
  const listed = new Set(typeof origins === 'string' ? [origins] : origins)
  if (listed.size === 0) throw new TypeError('cors: origins is empty: list those that may read replies')
  for (const origin of listed) checkOrigin(origin)
  return (origin) => listed.has(origin)
}

/** Browsers send scheme, host and port, and compare octet by octet: anything else would never match. */
function checkOrigin(origin: string): void {
  const own = URL.canParse(origin) ? new URL(origin).origin : undefined
  if (own === origin) return
  const mend = own === undefined || own === 'null' ? 'write it like "https://app.example"' : `write "${own}"`
  throw new TypeError(`cors: "${origin}" is no origin: ${mend}`)
}
