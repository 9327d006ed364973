import { type Api, OPTIONS, mount } from './api.ts'
import { type GroupOptions, type Members, checkMembers, group, isEndpoint } from './group.ts'
import { TOKEN } from './token.ts'
import { VERSION, type Versions } from './version.ts'

export interface VersionsOptions<Name extends string = string> {
  /** The version for requests that name none. */
  readonly default: Name
  /** The header field that names one: `API-Version` unless told. */
  readonly header?: string
}

/** What a version is made of: the members of a group, or an API. */
type Versioned = { readonly [name: string]: Members | Api }

/** Versions by name, as members of an API. */
export type VersionsOf<V> = { readonly [K in keyof V]: V[K] extends Api ? Omit<V[K], typeof OPTIONS> : V[K] }

/** Names go into a header field, a query and the ids of operations. */
const NAME = /^[a-z0-9][\w.-]{0,63}$/i

/**
 * Puts versions of an API side by side, each with endpoints for the same methods and paths. A header field of the
 * request says which is meant, and the reply says which it was. What is not in a version is not there for its callers:
 * 404. A version that there is not is 400.
 *
 * Each is a member of its name, so that clients call `client['2025-06-01'].orders.read()`, and has an OpenAPI document
 * of its own. Where an API is given, its hooks, policies, limits and error format stay its own, as with `mount`.
 *
 * @param all versions by name: letters, digits, `.`, `-` and `_`.
 * @throws {TypeError} for a name that is none, a default that is not among them, and for versions within versions.
 * @example
 * api({ title: 'Shop' }, versions({ '2025-01-01': first, '2025-06-01': second }, { default: '2025-01-01' }))
 */
export function versions<const V extends Versioned>(all: V, options: VersionsOptions<keyof V & string>): VersionsOf<V> {
  const { header = 'API-Version' } = options
  const names = Object.freeze(Object.keys(all))
  const bad = names.find((name) => !NAME.test(name))
  if (bad !== undefined) {
    throw new TypeError(`versions: "${bad}" is no name of a version: take letters, digits, ".", "-" and "_"`)
  }
  if (!TOKEN.test(header)) throw new TypeError(`versions: "${header}" is no name of a header field`)
  if (!names.includes(options.default)) {
    throw new TypeError(
      `versions: the default "${options.default}" is not among ${names.join(', ') || 'them: there are none'}`,
    )
  }
  const of: Versions = Object.freeze({ header, names, default: options.default })
  const entries = Object.entries(all as Versioned).map(([name, given]) => {
    checkMembers({ [name]: given as Members })
    const members = (OPTIONS in given ? mount('/', given as Api) : given) as Members
    refuseVersions(name, members)
    const level: GroupOptions & { readonly [VERSION]: object } = { [VERSION]: Object.freeze({ name, of }) }
    return [name, group('/', level, members)]
  })
  return Object.freeze(Object.fromEntries(entries)) as VersionsOf<V>
}

function refuseVersions(name: string, members: Members): void {
  for (const member of Object.values(members)) {
    if (!isEndpoint(member)) refuseVersions(name, member)
    else if (member.levels.some((level) => VERSION in level)) {
      throw new TypeError(`versions: "${name}" has versions of its own: a request names one`)
    }
  }
}
