import type { Api } from '../../contract/api.ts'
import type { CallOptions, Client } from './call.ts'
import { type ClientOptions, type Connection, createConnection } from './connection.ts'
import type { CallInput } from './outgoing.ts'
import { itemsOf, pagesOf } from './pages.ts'

/** Stands for an API where none was named: write `createClient<typeof shop>(url)`. */
export interface ApiNotNamed extends Api {}

/**
 * Makes a client whose calls have the API's own shape and types. Only types come from the API, so its
 * description is asked for before the first call; give `contract` to do without.
 *
 * @param url where the API is; in a browser it may be relative: `/api`.
 * @throws {ApiError} from a call that the API refuses.
 * @throws {CallError} from a call that gets no reply.
 * @example
 * const client = createClient<typeof shop>('http://127.0.0.1:8000')
 * const order = await client.orders.create({ body: { customer_id: 1, items: [{ sku: 'tea', qty: 1 }] } })
 */
export function createClient<A extends Api = ApiNotNamed>(
  url: string | URL,
  options: ClientOptions<A> = {},
): Client<A> {
  return node(createConnection(url, options), []) as Client<A>
}

/** What the language itself asks any object for; `then` would make a client look like a promise. */
const OF_THE_LANGUAGE: ReadonlySet<string | symbol> = new Set(['then', 'toJSON', 'toString', 'valueOf'])

/** The types know what an API has; at run time any name leads further, and calling it calls the operation. */
function node(connection: Connection, keys: readonly string[]): object {
  const children = new Map<string, object>()
  return new Proxy(() => {}, {
    get(target, key) {
      if (typeof key === 'symbol' || OF_THE_LANGUAGE.has(key)) return Reflect.get(target, key)
      const child = children.get(key) ?? node(connection, [...keys, key])
      children.set(key, child)
      return child
    },
    apply(_target, _this, [input, options]: [CallInput?, CallOptions?]) {
      return invoke(connection, keys, input, options)
    },
  })
}

function invoke(connection: Connection, keys: readonly string[], input?: CallInput, options?: CallOptions): unknown {
  const id = keys.join('.')
  const owner = keys.slice(0, -1).join('.')
  const body = async (): Promise<unknown> => (await connection.call(id, input, options)).body
  const taken = async (): Promise<boolean> => {
    if (owner === '') return true
    const operations = await connection.operations(id)
    return operations.has(id) || !operations.has(owner)
  }
  switch (keys.at(-1)) {
    case 'reply':
      return taken().then((own) => (own ? body() : connection.call(owner, input, options)))
    case 'pages':
      return listing(() => pagesOf(connection, owner, input, options), taken, body)
    case 'items':
      return listing(() => itemsOf(connection, owner, input, options), taken, body)
    default:
      return body()
  }
}

/**
 * An endpoint may itself be named `items` or `pages`, and until the API is known nobody can tell which
 * one is meant. Iterating goes through the pages of the list; awaiting calls such an endpoint, and
 * otherwise gives what can be iterated.
 */
function listing(
  iterate: () => AsyncIterator<unknown>,
  taken: () => Promise<boolean>,
  call: () => Promise<unknown>,
): AsyncIterable<unknown> & PromiseLike<unknown> {
  const iterable = { [Symbol.asyncIterator]: iterate }
  let called: Promise<unknown> | undefined
  const start = (): Promise<unknown> => {
    called ??= taken().then((own) => (own ? call() : iterable))
    return called
  }
  return {
    ...iterable,
    // biome-ignore lint/suspicious/noThenProperty: it stands for a promise where the endpoint has this name.
    then: (onValue, onError) => start().then(onValue, onError),
    ...{
      catch: (onError: (error: unknown) => unknown) => start().catch(onError),
      finally: (onEnd: () => void) => start().finally(onEnd),
    },
  }
}
