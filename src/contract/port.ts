import { type Dependency, depends } from './depends.ts'

/**
 * Something stateful that a policy needs, and that a backend serves: in memory, on SQLite, Postgres or Redis. Whoever
 * serves the API says which; a policy only names the port.
 *
 * @param name what backends know it by.
 */
export function port<T>(name: string): Dependency<T> {
  const none = (): T => {
    throw new Error(`nothing serves the port "${name}": give a backend to whatever serves this API`)
  }
  return Object.freeze({ ...depends({}, none, { scope: 'app', name }), port: name }) as Dependency<T>
}

/**
 * A dependency of a request that serves ports itself where policies of an endpoint that uses it need them. What they keep
 * they keep in it, such as in the handler's own transaction: their stage `record` comes before it ends.
 *
 * @param ports what serves them, by their names: dependencies of the scope `request`, made before the stage `replay`.
 */
export function serving<Value>(
  dependency: Dependency<Value>,
  ports: Readonly<Record<string, Dependency>>,
): Dependency<Value> {
  return Object.freeze({ ...dependency, ports })
}

/** Implementations of ports that share a connection: one setting moves an API from one backend to another. */
export interface Backend {
  readonly name: string
  /** What serves a port, by the port's name: dependencies of the scope `app`. */
  readonly ports: Readonly<Record<string, Dependency>>
}
