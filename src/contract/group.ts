import type { AnyEndpoint, Endpoint, EndpointLimits } from './endpoint.ts'
import type { Dependency } from './depends.ts'
import type { ErrorFormat } from './error-format.ts'
import type { Formats } from './formats.ts'
import type { Hooks } from './hooks.ts'
import { type Path, joinPaths } from './path.ts'
import type { Policy } from './policy.ts'
import type { AnyProblem } from './problem.ts'

/** What holds for everything in a group. */
export interface GroupOptions extends Hooks {
  /** Where documentation lists its endpoints; the group's key unless told. */
  readonly tags?: readonly string[]
  /** Markdown, for the tag of its name. */
  readonly description?: string
  readonly throws?: readonly AnyProblem[]
  readonly policies?: readonly Policy[]
  readonly limits?: EndpointLimits
  /** What values travel as, where they can: `['json', 'xml']` has all bodies and replies as either. */
  readonly formats?: Formats
  readonly security?: SecurityOption
  readonly deprecated?: boolean
  readonly hidden?: boolean
  readonly errors?: ErrorFormat
}

/**
 * What a level says of who may call: `'required'` that every endpoint below it has to say (start-up refuses one that
 * does not), `'public'` that anybody may, or a security dependency that callers have to pass. The dependency holds
 * beside those that endpoints use themselves; `'public'` further in lifts it.
 */
export type SecurityOption = 'required' | 'public' | Dependency

/** Endpoints and groups by name. The names make operation ids: `orders.create`. */
export interface Members {
  readonly [name: string]: AnyEndpoint | Members
}

/**
 * Members under a prefix. Their types change only where the prefix has parameters, which whoever calls an
 * endpoint must give as well; any other prefix costs the compiler nothing.
 */
export type Under<P extends string, M> = P extends `${string}{${string}`
  ? {
      readonly [K in keyof M]: M[K] extends Endpoint<infer T, infer S, infer H>
        ? Endpoint<`${P}${T}`, S, H>
        : Under<P, M[K]>
    }
  : M

/**
 * Puts endpoints and groups under a path prefix. A group is a record of its endpoints, so
 * `orders.read` is one of them; the keys give every projection its names.
 *
 * @example
 * const orders = group('/orders', { list: get('/', listOrders), read: get('/{id}', readOrder) })
 */
export function group<const P extends Path, const M extends Members>(path: P, members: M): Under<P, M>
export function group<const P extends Path, const M extends Members>(
  path: P,
  options: GroupOptions,
  members: M,
): Under<P, M>
export function group(path: Path, ...given: readonly (GroupOptions | Members)[]): Members {
  const [options, members] = optionsAndMembers(`group('${path}', …)`, given)
  return nest(path, options, members)
}

/**
 * Options and members, where options may be left out. They are told apart by their number: options that are undefined,
 * of modules that import each other, must not be lost in silence, for a guard may be among them.
 *
 * @throws {TypeError} naming which of them is undefined.
 */
export function optionsAndMembers(where: string, given: readonly object[]): [GroupOptions | undefined, Members] {
  const parts = given.length === 1 ? (['members'] as const) : (['options', 'members'] as const)
  for (const [index, part] of parts.entries()) {
    if (typeof given[index] === 'object' && given[index] !== null) continue
    throw new TypeError(`${where}: the ${part} are ${given[index]}: check for modules that import each other`)
  }
  const members = given[parts.length - 1] as Members
  return [parts.length === 1 ? undefined : given[0], members]
}

/** True for an endpoint; the other member of a group is a group. */
export function isEndpoint(member: AnyEndpoint | Members): member is AnyEndpoint {
  return member.is === 'endpoint'
}

/** @throws {TypeError} naming a member that is neither an endpoint nor a group. */
export function checkMembers(members: Members): void {
  for (const [name, member] of Object.entries(members)) {
    if (member !== null && typeof member === 'object') continue
    const mend = member === undefined ? 'check for modules that import each other' : 'give it an endpoint or a group'
    throw new TypeError(`"${name}" is ${member === null ? 'null' : typeof member}: ${mend}`)
  }
}

function nest(prefix: string, options: GroupOptions | undefined, members: Members): Members {
  checkMembers(members)
  const entries = Object.entries(members).map(([name, member]) => {
    if (!isEndpoint(member)) return [name, nest(prefix, options, member)]
    const levels = options === undefined ? member.levels : [options, ...member.levels]
    return [name, Object.freeze({ ...member, path: joinPaths(prefix, member.path), levels })]
  })
  return Object.freeze(Object.fromEntries(entries))
}
