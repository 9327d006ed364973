import { type Segment, parsePath } from '../contract/path.ts'
import { Words } from './words.ts'

const [PERCENT, SLASH] = [0x25, 0x2f]

/** What a path leads to: the endpoint of each method. */
export interface Leaf<T> {
  readonly methods: Map<string, T>
}

/** A leaf and the decoded values of its parameters, in the order of the path. */
export interface Match<T> {
  readonly leaf: Leaf<T>
  readonly values: readonly string[]
}

interface Node<T> {
  readonly literals: Words<Node<T>>
  param: Node<T> | undefined
  rest: Leaf<T> | undefined
  leaf: Leaf<T> | undefined
  /** What lies here and below. */
  readonly all: T[]
}

/** A path that cannot be decoded: bad percent-encoding, bad UTF-8, or a NUL. */
export class UndecodablePath extends Error {}

/**
 * Finds endpoints by path. It walks a trie, whose cost follows the segments of the path and not the number of routes.
 * In each segment text beats a parameter, and a parameter beats the rest of the path; where the better choice leads
 * nowhere, or to what was passed over, the next is tried.
 *
 * @example
 * const table = new RouteTable<string>()
 * table.add('GET', '/orders/{id}', 'orders.read')
 * table.match('/orders/7')?.leaf.methods.get('GET') // 'orders.read'
 */
export class RouteTable<T> {
  readonly #root: Node<T> = node()

  /**
   * Adds an endpoint.
   *
   * @returns what was there already for this method and shape of path, where two would answer the same request.
   */
  add(method: string, path: string, value: T): T | undefined {
    const segments = parsePath(path)
    const { leaf, way } = this.#leafOf(segments)
    const taken = leaf.methods.get(method)
    if (taken !== undefined) return taken
    leaf.methods.set(method, value)
    for (const { all } of way) all.push(value)
    return undefined
  }

  /**
   * Finds what a path, as it stands in the request, leads to.
   *
   * @param text begins with the path: cut out, it would be slower to read.
   * @param end where the path ends.
   * @param passed leaves that it leads to as well, and that have not what is looked for.
   * @throws {UndecodablePath}
   */
  match(text: string, end: number = text.length, passed: Passed<T> = undefined): Match<T> | undefined {
    if (text.charCodeAt(0) !== SLASH) return undefined // "*", or the authority that CONNECT is to
    const values: string[] = []
    const leaf = end === 1 ? this.#root.leaf : descend(this.#root, text, 1, end, values, passed)
    return isOpen(leaf, passed) ? { leaf, values } : undefined
  }

  /**
   * All endpoints that lie where the way of a path ends, or below: of a path that leads nowhere, those that it comes
   * nearest to. None where not even its first segment leads anywhere. It never throws.
   */
  near(path: string): readonly T[] {
    let at = this.#root
    for (const raw of path.startsWith('/') ? path.slice(1).split('/') : []) {
      const next = at.literals.get(decodedOr(raw, '')) ?? (raw === '' ? undefined : at.param)
      if (next === undefined) break
      at = next
    }
    return at === this.#root ? [] : at.all
  }

  /** The leaf of a path, made where there is none, and the nodes on the way to it. */
  #leafOf(segments: readonly Segment[]): { readonly leaf: Leaf<T>; readonly way: readonly Node<T>[] } {
    let at = this.#root
    const way = [at]
    for (const segment of segments) {
      if (segment.kind === 'rest') {
        at.rest ??= { methods: new Map() }
        return { leaf: at.rest, way }
      }
      if (segment.kind === 'literal') {
        let next = at.literals.get(segment.text)
        if (next === undefined) {
          next = node()
          at.literals.set(segment.text, next)
        }
        at = next
      } else {
        at.param ??= node()
        at = at.param
      }
      way.push(at)
    }
    at.leaf ??= { methods: new Map() }
    return { leaf: at.leaf, way }
  }
}

function node<T>(): Node<T> {
  return { literals: new Words(), param: undefined, rest: undefined, leaf: undefined, all: [] }
}

type Passed<T> = ReadonlySet<Leaf<T>> | undefined

function isOpen<T>(leaf: Leaf<T> | undefined, passed: Passed<T>): leaf is Leaf<T> {
  return leaf !== undefined && (passed === undefined || !passed.has(leaf))
}

/** Walks from `at` with the segment that begins at `from`. Values of parameters are pushed, and popped on the way back. */
function descend<T>(
  at: Node<T>,
  text: string,
  from: number,
  to: number,
  values: string[],
  passed: Passed<T>,
): Leaf<T> | undefined {
  let end = from
  let isEncoded = false
  for (; end < to; end++) {
    const code = text.charCodeAt(end)
    if (code === SLASH) break
    if (code === PERCENT) isEncoded = true
  }
  const last = end === to

  const literal = isEncoded ? at.literals.get(decode(text.slice(from, end))) : at.literals.at(text, from, end)
  if (literal !== undefined) {
    const found = last ? literal.leaf : descend(literal, text, end + 1, to, values, passed)
    if (isOpen(found, passed)) return found
  }
  if (at.param !== undefined && end > from) {
    const value = text.slice(from, end)
    values.push(isEncoded ? decode(value) : value)
    const found = last ? at.param.leaf : descend(at.param, text, end + 1, to, values, passed)
    if (isOpen(found, passed)) return found
    values.pop()
  }
  if (from < to && isOpen(at.rest, passed)) {
    values.push(decode(text.slice(from, to)))
    return at.rest
  }
  return undefined
}

/** Decodes once. `decodeURIComponent` refuses overlong and broken UTF-8 (RFC 3629 §3). */
function decode(raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    const text = decodeURIComponent(raw)
    if (!text.includes('\0')) return text
  } catch {}
  throw new UndecodablePath()
}

function decodedOr(raw: string, otherwise: string): string {
  try {
    return decode(raw)
  } catch {
    return otherwise
  }
}
