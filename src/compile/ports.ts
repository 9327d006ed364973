import type { Api } from '../contract/api.ts'
import type { Dependency } from '../contract/depends.ts'
import type { Backend } from '../contract/port.ts'
import { walk } from '../contract/walk.ts'
import { dependenciesOf, usedDependencies } from './faults.ts'

/** The ports that an API needs, in the order of declaration. */
export function portsOf(api: Api): readonly Dependency[] {
  const found = new Set<Dependency>()
  for (const operation of walk(api)) {
    const ofPolicies = operation.policies.flatMap((policy) => Object.values(policy?.use ?? {}))
    for (const dependency of [...dependenciesOf(operation), ...usedDependencies(ofPolicies)]) {
      if (dependency.port !== undefined) found.add(dependency)
    }
  }
  return [...found]
}

/**
 * Pairs each port of an API with what serves it. An API without ports opens no backend.
 *
 * @param given a backend, or the setting that names one, which `open` opens.
 * @throws {TypeError} where the backend does not serve a port that the API needs.
 */
export async function bindPorts(
  api: Api,
  given: string | Backend,
  open: (setting: string) => Promise<Backend>,
): Promise<readonly (readonly [Dependency, Dependency])[]> {
  const ports = portsOf(api)
  if (ports.length === 0) return []
  const backend = typeof given === 'string' ? await open(given) : given
  return ports.map((wanted) => {
    const served = backend.ports[wanted.port as string]
    if (served !== undefined) return [wanted, served]
    const others = Object.keys(backend.ports).join(', ')
    throw new TypeError(
      `the backend "${backend.name}" does not serve the port "${wanted.port}", which this API needs; it serves ${others}`,
    )
  })
}
