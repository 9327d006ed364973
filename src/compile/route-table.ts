import { type Segment, parsePath } from '../contract/path.ts'

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
  readonly literals: Map<string, Node<T>>
  /** The same by their lengths: those of one length are few. */
  readonly ofLength: (readonly [text: string, node: Node<T>])[][]
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
   * @param passed leaves that it leads to as well, and that have not what is looked for.
   * @throws {UndecodablePath}
   */
  match(path: string, passed: Passed<T> = undefined): Match<T> | undefined {
    const encoded = path.includes('%')
    const values: string[] = []
    const leaf = path === '/' ? this.#root.leaf : descend(this.#root, path, 1, encoded, values, passed)
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
          const alike = at.ofLength[segment.text.length] ?? []
          alike.push([segment.text, next])
          at.ofLength[segment.text.length] = alike
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
  return { literals: new Map(), ofLength: [], param: undefined, rest: undefined, leaf: undefined, all: [] }
}

type Passed<T> = ReadonlySet<Leaf<T>> | undefined

function isOpen<T>(leaf: Leaf<T> | undefined, passed: Passed<T>): leaf is Leaf<T> {
  return leaf !== undefined && (passed === undefined || !passed.has(leaf))
}

/** Walks from `at` with the segment that begins at `from`. Values of parameters are pushed, and popped on the way back. */
function descend<T>(
  at: Node<T>,
  path: string,
  from: number,
  encoded: boolean,
  values: string[],
  passed: Passed<T>,
): Leaf<T> | undefined {
  let end = path.indexOf('/', from)
  if (end === -1) end = path.length
  const last = end === path.length

  const literal = encoded ? at.literals.get(decode(path.slice(from, end))) : literalOf(at, path, from, end)
  if (literal !== undefined) {
    const found = last ? literal.leaf : descend(literal, path, end + 1, encoded, values, passed)
    if (isOpen(found, passed)) return found
  }
  if (at.param !== undefined && end > from) {
    values.push(decode(path.slice(from, end)))
    const found = last ? at.param.leaf : descend(at.param, path, end + 1, encoded, values, passed)
    if (isOpen(found, passed)) return found
    values.pop()
  }
  if (from < path.length && isOpen(at.rest, passed)) {
    values.push(decode(path.slice(from)))
    return at.rest
  }
  return undefined
}

/** Literals that are compared one after the other: that takes less than to cut out the segment and look it up. */
const FEW = 4

function literalOf<T>({ literals, ofLength }: Node<T>, path: string, from: number, end: number): Node<T> | undefined {
  const alike = ofLength[end - from]
  if (alike === undefined) return undefined
  if (alike.length > FEW) return literals.get(path.slice(from, end))
  for (const [text, next] of alike) if (path.startsWith(text, from)) return next
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
