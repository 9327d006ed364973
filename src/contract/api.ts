import type { Dependency } from './depends.ts'
import { type GroupOptions, type Members, type Under, checkMembers, group, optionsAndMembers } from './group.ts'
import type { Path } from './path.ts'
import type { AnySchema } from './schema.ts'

/** What holds for a whole API. */
export interface ApiOptions extends GroupOptions {
  /** Its name in documentation. */
  readonly title?: string
  readonly version?: string
  /** Who to ask about it, for documentation. */
  readonly contact?: { readonly name?: string; readonly url?: string; readonly email?: string }
  /** Under what terms it may be used, for documentation: a name, and an SPDX identifier or an address. */
  readonly license?: { readonly name: string; readonly identifier?: string; readonly url?: string }
  /** Where it is reached, for documentation: `https://api.shop.example`. */
  readonly servers?: readonly string[]
  /** Names for schemas in OpenAPI's components. Zod's `.meta({ id })` does the same. */
  readonly schemas?: Readonly<Record<string, AnySchema>>
  /** Where the built-in pages are; `false` leaves one out. */
  readonly places?: Places
  /** What `/docs` logs in as, where a security scheme says where people log in; people write it there unless told. */
  readonly docsLogin?: DocsLogin
  /**
   * True to show replies as pages to browsers: what prefers `text/html` over JSON. What NODE_ENV says, unless told: on for
   * `development` only.
   */
  readonly browse?: boolean
  /** Pages at `/admin` to look at rows and change them; none unless told. It switches `browse` on. */
  readonly admin?: AdminOptions
}

/** The admin of an API. It asks the API's own endpoints, so that all their rules hold. */
export interface AdminOptions {
  /** The groups whose rows it shows, by the keys that lead to them: `['books', 'inner.loans']`. */
  readonly resources: readonly string[]
  /** Who may open it: a security dependency; `'public'` where whoever may call the endpoints may. */
  readonly security: Dependency | 'public'
  /** The key of the group that lists what was changed. */
  readonly history?: string
}

/** What the page at `docs` is at an identity provider: a public client (RFC 6749 §2.1), which has no secret. */
export interface DocsLogin {
  /** Its provider leads back to `/docs/oauth2-redirect`, and takes codes with PKCE (RFC 7636). */
  readonly clientId: string
  /** Scopes that are chosen unless somebody chooses others. */
  readonly scopes?: readonly string[]
}

/** Paths of the endpoints that come with every API. */
export interface Places {
  readonly openapi?: Path | false
  readonly docs?: Path | false
  readonly redoc?: Path | false
  readonly reference?: Path | false
  /** Where reading the API in a browser begins, where replies are shown as pages. */
  readonly browse?: Path
  readonly admin?: Path
  /** 200 as long as the process answers. */
  readonly healthz?: Path | false
  /** 200 when the API is ready for traffic, 503 when it is not. */
  readonly readyz?: Path | false
  /** `false` leaves out `/.well-known/oauth-protected-resource`, which is nowhere else (RFC 9728 §3). */
  readonly resource?: false
}

/** Holds an API's options, so that its keys are its members alone. */
export const OPTIONS: unique symbol = Symbol.for('trestle.api')

/** An API: a record of its groups and endpoints, and what holds for all of them. */
export interface Api {
  readonly [OPTIONS]: ApiOptions
}

/**
 * Declares an API. It is a record of its members: `shop.orders.read` is an endpoint.
 *
 * @example
 * export default api({ title: 'Shop', version: '1.0.0' }, { orders, products })
 */
export function api<const M extends Members>(members: M): Api & M
export function api<const M extends Members>(options: ApiOptions, members: M): Api & M
export function api(...given: readonly (ApiOptions | Members)[]): Api {
  const [options, members] = optionsAndMembers('api(…)', given)
  checkMembers(members)
  return Object.freeze({ [OPTIONS]: Object.freeze({ ...options }), ...members })
}

/** The members of an API, without its options. */
export function membersOf(api: Api): Members {
  const { [OPTIONS]: _options, ...members } = api
  return members
}

/**
 * Puts an API under a prefix, as a member of another. Its hooks, policies, limits and error format
 * stay its own; its title, version, servers, schema names, places, `docsLogin`, `browse` and `admin` do not come along. Two versions
 * may each have named an `Order`, and a document has one.
 *
 * @throws {TypeError} for something that is no API.
 * @example
 * api({ title: 'Shop' }, { v1: mount('/v1', shopV1), v2: mount('/v2', shopV2) })
 */
export function mount<const P extends Path, A extends Api>(path: P, inner: A): Under<P, Omit<A, typeof OPTIONS>> {
  if (inner?.[OPTIONS] === undefined) {
    throw new TypeError(
      `mount('${path}', …): ` +
        (inner === undefined
          ? 'the API is undefined: check for modules that import each other'
          : `that is no API: make it with api(…), or use group('${path}', …)`),
    )
  }
  const {
    title: _1,
    version: _2,
    servers: _3,
    schemas: _4,
    places: _5,
    contact: _6,
    license: _7,
    docsLogin: _8,
    browse: _9,
    admin: _10,
    ...options
  } = inner[OPTIONS]
  return group(path as Path, options, membersOf(inner)) as Under<P, Omit<A, typeof OPTIONS>>
}
