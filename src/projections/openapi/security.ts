import { canonical } from '../../compile/canonical.ts'
import { dependenciesOf } from '../../compile/faults.ts'
import { type SecurityScheme, schemesOf } from '../../contract/security.ts'
import type { Operation } from '../../contract/walk.ts'
import type { SecurityRequirement } from './objects.ts'

/**
 * What a caller must show for an operation, from the security dependencies anywhere below it: one of the alternatives
 * of each, and one choice for those that have the same alternatives. Going without what is optional comes first.
 */
export function securityOf(operation: Operation, schemes: Map<string, object>): SecurityRequirement[] | undefined {
  const choices = new Map<string, Choice>()
  for (const { security } of dependenciesOf(operation)) {
    if (security === undefined) continue
    const all = schemesOf(security)
    const names = canonical(all.map(({ name }) => name).toSorted())
    const choice = choices.get(names) ?? { shown: new Map(), isOptional: true }
    choices.set(names, choice)
    if (!security.optional) choice.isOptional = false
    const seen: string[] = []
    for (const one of all) {
      keepScheme(one, operation, schemes)
      // Two of one name, as of two issuers, are two: each has scopes of its own.
      const key = `${seen.filter((name) => name === one.name).length} ${one.name}`
      seen.push(one.name)
      const { needed } = choice.shown.get(key) ?? { needed: [] }
      choice.shown.set(key, { name: one.name, needed: [...new Set([...needed, ...(one.scopes ?? [])])] })
    }
  }
  if (choices.size === 0) return undefined
  const all = [...choices.values()].reduce<SecurityRequirement[]>(
    (before, choice) => before.flatMap((one) => alternatives(choice).map((other) => join(one, other))),
    [{}],
  )
  return [...new Map(all.map((one) => [canonical(one), one])).values()]
}

/** What is shown for one thing: one of these schemes, with all these scopes. */
interface Choice {
  readonly shown: Map<string, { readonly name: string; readonly needed: readonly string[] }>
  isOptional: boolean
}

function alternatives({ shown, isOptional }: Choice): SecurityRequirement[] {
  const all = [...shown.values()].map(({ name, needed }) => ({ [name]: [...needed] }))
  return isOptional ? [{}, ...all] : all
}

/** What has to be shown for both. */
function join(one: SecurityRequirement, other: SecurityRequirement): SecurityRequirement {
  const both = { ...one }
  for (const [name, scopes] of Object.entries(other)) both[name] = [...new Set([...(both[name] ?? []), ...scopes])]
  return both
}

function keepScheme({ name, scheme }: SecurityScheme, operation: Operation, schemes: Map<string, object>): void {
  const known = schemes.get(name)
  if (known !== undefined && canonical(known) !== canonical(scheme)) {
    throw new TypeError(
      `OpenAPI: two different security schemes are named "${name}", one of them used by ${operation.id}; rename one`,
    )
  }
  schemes.set(name, scheme)
}
