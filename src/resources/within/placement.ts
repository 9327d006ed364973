import { paramNames } from '../../contract/path.ts'
import { type CheckedEndpoint, type Policy, type PolicyFault, policy } from '../../contract/policy.ts'
import type { TableFacts } from '../table/table.ts'

/**
 * Tells at the start of a resource whose path has parameters that it knows nothing of, or has not those that it needs: all
 * rows would be listed where those of one order are meant.
 *
 * @param within names of the parameters that say where its rows are.
 */
export function placement({ name, references }: TableFacts, within: readonly string[]): Policy {
  const refers = [...new Set(references.flatMap(({ columns }) => columns))]
  const has = refers.length === 0 ? 'has none' : `has ${refers.join(', ')}`
  const check = ({ path, spec }: CheckedEndpoint): PolicyFault[] => {
    const there = paramNames(path)
    const known = Object.keys((spec.params as { readonly shape?: object } | undefined)?.shape ?? {})
    const missing = within.filter((one) => !there.includes(one))
    const unknown = there.filter((one) => !known.includes(one))
    const [needed] = missing
    return [
      ...unknown.map((one) => ({
        field: `params.${one}`,
        what: `the path has {${one}}, and the resource of ${name} knows nothing of it`,
        mend:
          needed === undefined
            ? `say whose rows it names, resource(${name}, { within: { ${one}: a model or a table } }), and call it as the foreign key that refers to them: ${name} ${has}`
            : `call it as "within" does: {${needed}}`,
      })),
      ...missing.map((one) => ({
        field: `params.${one}`,
        what: `the rows of ${name} are within {${one}}, and the path has no such parameter`,
        mend: `put the resource under a prefix that has it: group('/…/{${one}}/${name}', resource(…))`,
      })),
    ]
  }
  return policy('placement', { check }, () => ({}))
}
