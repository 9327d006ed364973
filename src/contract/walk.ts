import { type Api, OPTIONS, membersOf } from './api.ts'
import type { Dependency } from './depends.ts'
import type { Endpoint, EndpointLimits, EndpointSpec } from './endpoint.ts'
import type { ErrorFormat } from './error-format.ts'
import type { Formats } from './formats.ts'
import { type GroupOptions, type Members, isEndpoint } from './group.ts'
import type { After, Before, Middleware } from './hooks.ts'
import type { Policy } from './policy.ts'
import type { AnyProblem } from './problem.ts'
import { VERSION, type Version, type Versions } from './version.ts'

/** An endpoint with all that holds for it: what its groups and its API say, joined. */
export interface Operation {
  /** The keys that lead to it: `orders.create`. */
  readonly id: string
  /** Its id without the key of its version: what it is called where only one version is spoken of. */
  readonly name: string
  /** What OpenAPI calls it: its name, unless it says otherwise. */
  readonly operationId: string
  readonly method: Endpoint['method']
  /** The whole path template. */
  readonly path: string
  readonly endpoint: Endpoint
  readonly spec: EndpointSpec
  /** The version that it belongs to; undefined for one that is in all of them. */
  readonly version: Version | undefined
  readonly tags: readonly string[]
  readonly hidden: boolean
  /** True where it is answered under any load, and nothing of its groups and its API holds for it. */
  readonly essential: boolean
  /** True where others do its work: policies and hooks of its groups and its API stand before those alone. */
  readonly relays: boolean
  readonly deprecated: boolean
  /** Problems that it, its groups or its API declare. */
  readonly throws: readonly AnyProblem[]
  /** Outermost first. */
  readonly policies: readonly Policy[]
  readonly middleware: readonly Middleware[]
  readonly before: readonly Before[]
  /** Innermost first: the order in which they run. */
  readonly after: readonly After[]
  readonly limits: EndpointLimits
  /** Security dependencies that its groups and its API have callers pass, and it itself: outermost first. */
  readonly guards: readonly Dependency[]
  /** True where it has to say who may call it. */
  readonly needsSecurity: boolean
  /** What its values travel as, where that is declared; the nearest to it. */
  readonly formats: Formats | undefined
  /** The error format nearest to it, where one is declared. */
  readonly errors: ErrorFormat | undefined
}

/** Visits every endpoint of an API in the order of declaration. All projections read an API through this. */
export function walk(api: Api): Operation[] {
  const found: Operation[] = []
  visit(membersOf(api), [], api[OPTIONS], found)
  return found
}

function visit(members: Members, keys: readonly string[], options: GroupOptions, found: Operation[]): void {
  for (const [key, member] of Object.entries(members)) {
    if (isEndpoint(member)) found.push(operation([...keys, key], member as Endpoint, options))
    else visit(member, [...keys, key], options, found)
  }
}

function operation(keys: readonly string[], endpoint: Endpoint, options: GroupOptions): Operation {
  const spec = endpoint.spec
  const essential = endpoint.essential === true
  const relays = endpoint.relays === true
  const all = (essential ? [spec] : [options, ...endpoint.levels, spec]) as (GroupOptions & EndpointSpec)[]
  const own = relays ? [spec as (typeof all)[number]] : all
  const version = versionOf(endpoint)
  const at = version === undefined ? -1 : keys.indexOf(version.name)
  const named = keys.filter((_key, index) => index !== at)
  const name = named.join('.')
  return {
    id: keys.join('.'),
    name,
    operationId: spec.operationId ?? name,
    method: endpoint.method,
    path: endpoint.path,
    endpoint,
    spec,
    version,
    tags: all.findLast((level) => level.tags)?.tags ?? named.slice(-2, -1),
    hidden: all.some((level) => level.hidden),
    essential,
    relays,
    deprecated: all.some((level) => level.deprecated),
    throws: all.flatMap((level) => level.throws ?? []),
    policies: withoutFarther(
      own.flatMap(({ policies = [] }) => (policies === spec.policies ? policies : ofMethod(policies, endpoint.method))),
    ),
    middleware: all.flatMap((level) => level.middleware ?? []),
    before: own.flatMap((level) => level.before ?? []),
    after: own.toReversed().flatMap((level) => level.after ?? []),
    guards: guardsOf(all),
    needsSecurity: isRequired(all),
    limits: Object.assign({}, ...all.map((level) => level.limits)),
    formats: all.findLast((level) => level.formats)?.formats,
    errors: all.findLast((level) => level.errors)?.errors,
  }
}

/** What is required inside of what is public is required all the same. */
function isRequired(levels: readonly GroupOptions[]): boolean {
  return levels.findLast(({ security }) => security === 'required' || security === 'public')?.security === 'required'
}

/** Methods that change nothing (RFC 9110 §9.2.1, RFC 10008). */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY'])

/** Policies of a group that hold for an endpoint of this method. */
function ofMethod(policies: readonly Policy[], method: string): readonly Policy[] {
  return SAFE_METHODS.has(method) ? policies.filter((policy) => !policy?.contract?.isOfWrites) : policies
}

/** Of policies of which the nearest counts, the others are left out. */
function withoutFarther(policies: readonly Policy[]): readonly Policy[] {
  return policies.filter(
    (policy, index) =>
      !policy?.contract?.isNearest || policies.findLastIndex((other) => other?.name === policy.name) === index,
  )
}

function guardsOf(levels: readonly GroupOptions[]): readonly Dependency[] {
  const open = levels.findLastIndex(({ security }) => security === 'public')
  return levels.slice(open + 1).flatMap(({ security }) => (typeof security === 'object' ? [security] : []))
}

function versionOf({ levels }: Endpoint): Version | undefined {
  return (levels as readonly { readonly [VERSION]?: Version }[]).find((level) => VERSION in level)?.[VERSION]
}

/** Looked for once: a contract does not change, and pages ask with each request. */
const versionsKnown = new WeakMap<Api, { readonly versions: Versions | undefined }>()

/** The versions of an API; undefined where it has none. Start-up sees that there is one set of them. */
export function versionsOf(api: Api): Versions | undefined {
  let known = versionsKnown.get(api)
  if (known === undefined) {
    known = { versions: walk(api).find(({ version }) => version !== undefined)?.version?.of }
    versionsKnown.set(api, known)
  }
  return known.versions
}

/** The path of the list of a group, by the keys that lead to the group: its GET without path parameters. */
export function listPath(operations: readonly Operation[], keys: string): string | undefined {
  return operations
    .filter(
      ({ id, method, path, hidden }) => !hidden && method === 'GET' && id.startsWith(`${keys}.`) && !path.includes('{'),
    )
    .toSorted((one, other) => one.path.length - other.path.length)[0]?.path
}
