import { type Dependency, type Uses, depends } from '../contract/depends.ts'
import type { Policy } from '../contract/policy.ts'
import { isProblemType } from '../contract/problem.ts'
import type { Security } from '../contract/security.ts'

/** One dependency of an operation, in the order in which they are made. */
export interface Slot {
  readonly dependency: Dependency
  /** The names under which the handler gets it; none where only other dependencies use it. */
  readonly names: readonly string[]
  /** What it uses: the name, and the slot it is in. */
  readonly uses: readonly (readonly [name: string, slot: number])[]
  readonly when: When
  /** Ends before the reply is sent, by its own wish or that of something it uses. */
  readonly untilReply: boolean
  /** The port that it serves for policies of this endpoint. */
  readonly serves: string | undefined
  /** What it says of who is calling: what stands in for a security dependency says so in its way. */
  readonly security: Security | undefined
}

/**
 * When a dependency is made: before the body is read, because it says who is calling; when the input is valid, because a
 * policy keeps something in it; or for the handler. What it uses is made by then too.
 */
export type When = 'identify' | 'replay' | 'handle'

/** What tests put in the place of dependencies. */
export type Overrides = ReadonlyMap<Dependency, Dependency>

/** A dependency, and what stands in its place: another dependency, or a value. */
export type Override<Value> = readonly [replaced: Dependency<Value>, by: NoInfer<Value> | Dependency<NoInfer<Value>>]

/** Pairs as `override` takes them: each value fits the dependency it replaces. */
export type OverrideList<Values extends readonly unknown[]> = readonly [
  ...{ readonly [K in keyof Values]: Override<Values[K]> },
]

/** The dependencies of an API that have a check, by the name under which `/readyz` lists it. */
export type Checks = Map<string, Dependency>

/** @throws {TypeError} for a pair that is none. */
export function overridesOf(pairs: readonly (readonly [Dependency, unknown])[] = []): Overrides {
  return new Map(
    pairs.flatMap((pair): (readonly [Dependency, Dependency])[] => {
      if (!Array.isArray(pair) || !isDependency(pair[0])) {
        throw new TypeError('override takes pairs [dependency, what stands in its place], and one has no dependency')
      }
      const [replaced, by] = pair
      const given = standIn(by)
      const { source } = replaced
      return [[replaced, given], ...(source === undefined ? [] : [[source.of, source.as(given)] as const])]
    }),
  )
}

function standIn(by: unknown): Dependency {
  return isDependency(by) ? by : depends({}, () => by, { scope: 'app' })
}

function isDependency(given: unknown): given is Dependency {
  return (given as Partial<Dependency> | null | undefined)?.is === 'dependency'
}

/** A dependency that cannot be made. */
export interface DependencyFault {
  /** The way to it: `user → session → user`. */
  readonly way: string
  readonly what: string
  readonly mend: string
}

/** What an operation, or a policy, needs. */
interface Needed {
  readonly use?: Uses
  /** Security dependencies that come first, and of which the handler gets nothing. */
  readonly guards?: readonly Dependency[]
  /** Names of the ports that policies of the operation need. */
  readonly ports?: ReadonlySet<string>
}

/** Orders the dependencies of an operation, each after what it uses. Faults go to `faults`, checks to `checks`. */
export function orderDependencies(
  { use = {}, guards = [], ports = new Set() }: Needed,
  overrides: Overrides,
  faults: DependencyFault[],
  checks: Checks,
): readonly Slot[] {
  const order: {
    dependency: Dependency
    way: string
    uses: (readonly [string, number])[]
    names: string[]
    when: When
    untilReply: boolean
    serves: string | undefined
    security: Security | undefined
  }[] = []
  const places = new Map<Dependency, number>()
  const inside: Dependency[] = []
  const securing = new Set<Dependency>()

  const visit = (name: string, given: Dependency | undefined, way: readonly string[]): number => {
    const path = [...way, name]
    if (given?.is !== 'dependency') {
      faults.push({
        way: path.join(' → '),
        what: given === undefined ? 'is undefined' : 'is not a dependency',
        mend: given === undefined ? 'check for modules that import each other' : 'make it with depends(…)',
      })
      return -1
    }
    const dependency = overrides.get(given) ?? given
    // What stands in for a security dependency comes when that would.
    if (given.security !== undefined || dependency.security !== undefined) securing.add(dependency)
    const place = places.get(dependency)
    if (place !== undefined) return place
    if (inside.includes(dependency)) {
      faults.push({ way: path.join(' → '), what: 'uses itself', mend: 'move what they share into a third dependency' })
      return -1
    }
    if (dependency.check !== undefined) {
      const fault = checkFault(dependency, checks)
      if (fault !== undefined) faults.push({ way: path.join(' → '), ...fault })
    }
    if (![dependency.throws].flat().every(isProblemType)) {
      faults.push({
        way: path.join(' → '),
        what: 'throws something that is no problem',
        mend: 'make it with problem(…)',
      })
    }
    inside.push(dependency)
    const uses = Object.entries(dependency.uses).map(([key, used]) => {
      const slot = visit(key, used, path)
      if (dependency.scope === 'request' && (key === 'request' || key === 'signal')) {
        faults.push({
          way: [...path, key].join(' → '),
          what: `a dependency's context has "${key}" already`,
          mend: 'call it something else',
        })
      }
      if (dependency.scope === 'app' && (order[slot]?.dependency.scope ?? 'app') === 'request') {
        faults.push({
          way: [...path, key].join(' → '),
          what: `"${name}" lives as long as the process, but "${key}" only as long as one request`,
          mend: `make "${key}" an app dependency, or "${name}" a request dependency`,
        })
      }
      return [key, slot] as const
    })
    inside.pop()
    places.set(dependency, order.length)
    const { scope, until, security = given.security } = dependency
    if (scope === 'app' && until === 'reply') {
      faults.push({
        way: path.join(' → '),
        what: `lives as long as the process, and is to end with the reply`,
        mend: "leave out scope: 'app', or until: 'reply'",
      })
    }
    if (scope === 'app' && given.security !== undefined && dependency === given) {
      faults.push({
        way: path.join(' → '),
        what: 'says who is calling, and would say it once for as long as the process lives',
        mend: "leave out scope: 'app'",
      })
    }
    const untilReply = until === 'reply' || uses.some(([, slot]) => order[slot]?.untilReply === true)
    const made = { dependency, way: path.join(' → '), uses, untilReply, security }
    order.push({ ...made, names: [], when: 'handle', serves: undefined })
    return order.length - 1
  }

  for (const guard of guards) visit(guard?.name ?? 'security', guard, [])
  for (const [name, dependency] of Object.entries(use)) {
    order[visit(name, dependency, [])]?.names.push(name)
  }
  const sooner = (slot: number, when: When): void => {
    const at = order[slot]
    if (at === undefined || at.when === when || at.when === 'identify') return
    at.when = when
    for (const [, used] of at.uses) sooner(used, when)
  }
  order.forEach((slot, index) => {
    if (securing.has(slot.dependency)) sooner(index, 'identify')
  })
  for (const port of ports) {
    const [first, second] = order.filter(({ dependency }) => dependency.ports[port] !== undefined)
    if (first === undefined) continue
    if (second !== undefined) {
      faults.push({
        way: second.way,
        what: `serves "${port}" for a policy of this endpoint, and so does ${first.way}`,
        mend: 'use one of them alone',
      })
    }
    const place = visit(port, first.dependency.ports[port], [first.way])
    const serving = order[place]
    if (serving !== undefined) serving.serves = port
    sooner(place, 'replay')
  }
  for (const { way, when, untilReply } of order) {
    if (when !== 'identify' || !untilReply) continue
    faults.push({
      way,
      what: 'ends with the reply, and would be held while the body is read, because security uses it',
      mend: 'let security use what it is made from',
    })
  }
  return order
}

/** The dependencies of a policy, which is there before and after any request. */
export function policySlots(
  policy: Policy,
  overrides: Overrides,
  faults: DependencyFault[],
  checks: Checks,
): readonly Slot[] {
  // What is no policy is a fault that others tell of.
  const { name, use = {} }: Partial<Policy> = policy ?? {}
  const found: DependencyFault[] = []
  const slots = orderDependencies({ use }, overrides, found, checks)
  for (const { dependency, names } of slots) {
    if (dependency.scope === 'app') continue
    found.push({
      way: names[0] ?? dependency.name ?? 'a dependency',
      what: 'lives only as long as one request, and a policy uses it',
      mend: "give it { scope: 'app' }",
    })
  }
  faults.push(...found.map((fault) => ({ ...fault, way: `the policy "${name}" → ${fault.way}` })))
  return slots
}

/** What keeps the check of a dependency from being listed; where nothing does, it is noted under its name. */
function checkFault(dependency: Dependency, checks: Checks): Omit<DependencyFault, 'way'> | undefined {
  const { name = '', scope, check } = dependency
  if (scope !== 'app') {
    return { what: 'has a check, but lives only as long as one request', mend: "give it { scope: 'app' }" }
  }
  if (name === '')
    return { what: 'has a check, but no name to list it by', mend: "give it a name: { name: 'database' }" }
  if (!((check?.timeout ?? 0) > 0))
    return { what: 'has a check without time to run', mend: 'give a checkTimeout above 0' }
  const other = checks.get(name) ?? dependency
  checks.set(name, other)
  if (other === dependency) return undefined
  return {
    what: `another dependency with a check is called "${name}" as well`,
    mend: 'call one of them something else',
  }
}
