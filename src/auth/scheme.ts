import { type Dependency, type DependencyContext, type Uses, type Values, depends } from '../contract/depends.ts'
import type { Problem } from '../contract/problem.ts'
import { BadRequest, Forbidden, Unauthorized } from '../contract/problems.ts'
import { type Security, type SecurityScheme, schemesOf } from '../contract/security.ts'
import { type Challenge, challengeField } from './challenge.ts'
import { InvalidCredentials } from './invalid-credentials.ts'

/** A way in which callers show who they are. */
export interface SchemeOptions<Value> extends Omit<SecurityScheme, 'scopes'> {
  /** What a 401 asks for. */
  readonly challenge: Challenge
  /** Who the value says is calling: an id that is the same whenever the same caller comes, and is no other scheme's. */
  readonly principal: (value: Value) => string | undefined
  /** What that caller may do; nothing unless told. */
  readonly scopesOf?: (value: Value) => readonly string[]
}

/** A security dependency: who is calling. Callers without credentials, or with wrong ones, get 401. */
export interface Scheme<Value = unknown> extends Dependency<Value> {
  /** The same for callers that have all these scopes; others get 403. */
  readonly scopes: (...scopes: readonly string[]) => Scheme<Value>
  /** The same where callers without credentials are let through: its value is undefined then. Wrong ones are refused. */
  readonly optional: () => Dependency<Value | undefined>
  readonly [PARTS]: Parts<Value>
}

/** A scheme, whatever it gives. */
export interface AnyScheme extends Dependency {
  readonly [PARTS]: object
}

/** What schemes are joined by. */
const PARTS: unique symbol = Symbol('parts of a security scheme')

interface Parts<Value> {
  readonly name: string
  readonly security: Security
  /** What callers show. Made once for all that need it. */
  readonly tried: Dependency<Tried<Value>>
  /** `WWW-Authenticate` to who shows nothing. */
  readonly challenge: string
  readonly scopesOf: (value: Value) => readonly string[]
  /** What is told to who has not all these scopes. */
  readonly lacking: (value: Value, scopes: readonly string[]) => Problem
}

/** What was shown. */
interface Tried<Value> {
  /** The first that holds. */
  readonly value: Value | undefined
  /** The places of all that hold, that of the value first. */
  readonly held: readonly string[]
  readonly refusals: readonly Refusal[]
}

/** What is told to who shows at a place what does not hold. */
interface Refusal {
  readonly place: string
  readonly problem: Problem
}

/**
 * Declares a way in which callers show who they are: a security dependency that OpenAPI knows.
 *
 * @param read gives who is calling, undefined where nothing of the kind is shown. It throws `InvalidCredentials` for
 * what is shown and does not hold.
 * @example
 * const partner = securityScheme({ partners }, ({ request, partners }) => partners.of(request.header('x-partner')), {
 *   name: 'partner',
 *   scheme: { type: 'apiKey', in: 'header', name: 'X-Partner' },
 *   challenge: { scheme: 'Partner' },
 *   principal: ({ id }) => `partner:${id}`,
 * })
 */
export function securityScheme<const U extends Uses, Value>(
  uses: U,
  read: (context: Values<U> & DependencyContext) => Value | undefined | Promise<Value | undefined>,
  options: SchemeOptions<NoInfer<Value>>,
): Scheme<Value> {
  const { name, scheme, resource, challenge, principal, scopesOf = () => [] } = options
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw new TypeError(`the security scheme "${name}": OpenAPI takes names of letters, digits and . - _`)
  }
  const place = placeOf(scheme)
  const held = [place]
  const found = (value: Value | undefined): Tried<Value> => ({
    value,
    held: value === undefined ? NONE : held,
    refusals: NONE,
  })
  const refused = (error: unknown): Tried<Value> => {
    if (!(error instanceof InvalidCredentials)) throw error
    return { value: undefined, held: NONE, refusals: [{ place, problem: refusal(challenge, error) }] }
  }
  const tried = depends(uses, (context) => {
    try {
      const value = read(context as Values<U> & DependencyContext)
      return value instanceof Promise ? value.then(found, refused) : found(value)
    } catch (error) {
      return refused(error)
    }
  })
  return schemeOf({
    name,
    security: { name, scheme, principal, ...(resource && { resource }) },
    tried: tried as Dependency<Tried<Value>>,
    challenge: challengeField(challenge),
    scopesOf,
    lacking: (_, scopes) => lackingScopes(challenge, scopes),
  })
}

/** What was shown, by the name that `anyOf` gave its scheme. */
export type AnyShown<S> = { [K in keyof S]: { readonly is: K; readonly value: Values<S>[K] } }[keyof S]

/**
 * One of several schemes. Its value says which: of several that are shown, it is the first.
 *
 * @throws {TypeError} for fewer than two.
 * @example
 * const caller = anyOf({ customer: token, partner: key })
 * get('/orders', { use: { caller: caller.scopes('orders:read') } }, ({ caller }) =>
 *   caller.is === 'partner' ? ordersOf(caller.value.owner) : ordersOf(caller.value.sub))
 */
export function anyOf<const S extends Readonly<Record<string, AnyScheme>>>(schemes: S): Scheme<AnyShown<S>> {
  type Value = AnyShown<S>
  const names = Object.keys(schemes)
  if (names.length < 2) throw new TypeError('anyOf: give it two security schemes or more')
  const parts = names.map((name) => (schemes[name] as Scheme)[PARTS])
  const tried = depends(Object.fromEntries(parts.map((part, at) => [names[at] as string, part.tried])), (context) => {
    const all = names.map((name) => (context as Record<string, unknown>)[name] as Tried<unknown>)
    const holds = all.findIndex(({ value }) => value !== undefined)
    return {
      value: holds < 0 ? undefined : { is: names[holds], value: all[holds]?.value },
      held: all.flatMap(({ held }) => held),
      refusals: all.flatMap(({ refusals }) => refusals),
    }
  })
  const partOf = ({ is }: Value): Parts<unknown> => parts[names.indexOf(is as string)] as Parts<unknown>
  return schemeOf<Value>({
    name: parts.map(({ name }) => name).join(' or '),
    security: {
      anyOf: parts.flatMap(({ security }) => schemesOf(security)),
      principal: (one: Value) => partOf(one).security.principal?.(one.value as never),
    },
    tried: tried as unknown as Dependency<Tried<Value>>,
    challenge: parts.map(({ challenge }) => challenge).join(', '),
    scopesOf: (one) => partOf(one).scopesOf(one.value),
    lacking: (one, scopes) => partOf(one).lacking(one.value, scopes),
  })
}

function schemeOf<Value>(parts: Parts<Value>, given: Dependency<Value> = fromShown(parts)): Scheme<Value> {
  const { name, security, tried } = parts
  const scheme: Scheme<Value> = Object.freeze({
    ...given,
    [PARTS]: parts,
    source: {
      of: tried,
      as: (by) => depends({ by }, ({ by }) => ({ value: by, held: NONE, refusals: NONE }) satisfies Tried<unknown>),
    },
    optional: () =>
      depends({ tried }, ({ tried }) => shownBy(tried as Tried<Value>), {
        name,
        security: { ...security, optional: true },
        throws: given.throws,
      }) as Dependency<Value | undefined>,
    scopes: (...scopes: readonly string[]) => {
      if (scopes.length === 0) throw new TypeError(`scopes of ${name}: name one or more`)
      return withScopes(scheme, scopes.map(checkScope))
    },
  })
  return scheme
}

function fromShown<Value>({ name, security, tried, challenge }: Parts<Value>): Dependency<Value> {
  return depends(
    { tried },
    ({ tried }) => {
      const shown = shownBy(tried as Tried<Value>)
      if (shown === undefined) throw Unauthorized({ headers: { 'www-authenticate': challenge } })
      return shown
    },
    { name, security, throws: [Unauthorized, BadRequest] },
  ) as Dependency<Value>
}

function shownBy<Value>({ value, held, refusals }: Tried<Value>): Value | undefined {
  // What holds for one of those that read the same place is what was shown to the others too.
  const refusal = refusals.find(({ place }) => !held.includes(place))
  if (refusal !== undefined) throw refusal.problem
  return value
}

function withScopes<Value>(scheme: Scheme<Value>, scopes: readonly string[]): Scheme<Value> {
  const { [PARTS]: parts, name = '', throws } = scheme
  const lacking = (value: Value): Problem | undefined => {
    const has = parts.scopesOf(value)
    // Of a text a part would do.
    if (!Array.isArray(has)) throw new TypeError(`scopesOf of ${name} gives ${typeof has}: give a list of scopes`)
    return scopes.every((scope) => has.includes(scope)) ? undefined : parts.lacking(value, scopes)
  }
  const security = needing(parts.security, scopes)
  const tried = depends({ tried: parts.tried }, ({ tried }) => {
    const { value, held, refusals } = tried as Tried<Value>
    const problem = value === undefined ? undefined : lacking(value)
    if (problem === undefined) return tried
    const [place = '', ...others] = held
    return { value: undefined, held: others, refusals: [...refusals, { place, problem }] }
  })
  // It uses the scheme as others do: what stands in for that in a test stands in here.
  const given = depends(
    { scheme },
    ({ scheme }) => {
      const refusal = lacking(scheme as Value)
      if (refusal !== undefined) throw refusal
      return scheme as Value
    },
    { name, security, throws: [...new Set([...throws, Forbidden])] },
  )
  return schemeOf({ ...parts, security, tried: tried as Dependency<Tried<Value>> }, given as Dependency<Value>)
}

const NONE: readonly never[] = []

/** What is read of a request for a scheme (OpenAPI 3.1 §4.8.27). */
function placeOf({ type, in: place, name }: SecurityScheme['scheme']): string {
  return type === 'apiKey'
    ? `${place} ${place === 'header' ? String(name).toLowerCase() : name}`
    : 'header authorization'
}

/**
 * The scope itself.
 *
 * @throws {TypeError} for a text that cannot be told as one scope (RFC 6749 §3.3).
 */
export function checkScope(scope: string): string {
  if (/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) return scope
  throw new TypeError(`"${scope}" is no scope: use visible ASCII characters, without spaces, " and \\`)
}

function needing(security: Security, scopes: readonly string[]): Security {
  const add = (one: SecurityScheme): SecurityScheme => ({ ...one, scopes: [...(one.scopes ?? []), ...scopes] })
  return 'anyOf' in security ? { ...security, anyOf: security.anyOf.map(add) } : { ...security, ...add(security) }
}

/** A 401 or 400 for what was shown. */
function refusal(challenge: Challenge, { message, error, status, cause }: InvalidCredentials): Problem {
  // Other characters cannot stand in the field (RFC 6750 §3); the body has the message whatever they are.
  const description = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(message) && { error_description: message }
  const field = challengeField(told(challenge, { ...(error && { error, ...description }) }))
  const type = status === 400 ? BadRequest : Unauthorized
  return type({ detail: message, cause, headers: { 'www-authenticate': field } }) as Problem
}

function lackingScopes(challenge: Challenge, scopes: readonly string[]): Problem {
  const detail = `This needs the scope ${scopes.join(' ')}`
  const field = challengeField(told(challenge, { error: 'insufficient_scope', scope: scopes.join(' ') }))
  return Forbidden({ detail, headers: { 'www-authenticate': field } }) as Problem
}

/** What only Bearer has words for is said with it alone (RFC 6750 §3). */
function told({ scheme, params }: Challenge, more: Readonly<Record<string, string>>): Challenge {
  return scheme === 'Bearer' ? { scheme, params: { ...params, ...more } } : { scheme, ...(params && { params }) }
}
