import type { Description, Found, Json, Operation } from './description.ts'
import type { Random } from './random.ts'

/** How many values of one kind are kept: the newest, for they are the likeliest to be there still. */
const MOST = 200

/**
 * What earlier replies said, so that later requests can speak of what is there: the path of what was
 * made or listed, and the values of fields by their names.
 */
export class Memory {
  readonly #paths = new Map<string, string[][]>()
  readonly #fields = new Map<string, unknown[]>()
  readonly #objects: Json[] = []
  readonly #description: Description

  constructor(description: Description) {
    this.#description = description
  }

  /** Learns from a reply of 2xx. */
  learn(operation: Operation, found: Found, location: string | undefined, body: unknown): void {
    const created = location === undefined ? undefined : this.#description.find(location.replace(/[?#].*$/, ''))
    if (created !== undefined) this.#keepPath(created.template.segments, created.values)
    this.#keepPath(found.template.segments, found.values)
    this.#read(body, operation, found.values, 0)
  }

  /** Learns what a request said that was taken: a name and a password that once went together do so again. */
  learnSent(value: unknown): void {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return
    const fields = Object.values(value)
    if (fields.length < 10 && fields.some((field) => typeof field === 'string')) this.#objects.push(value as Json)
    if (this.#objects.length > MOST) this.#objects.splice(0, MOST / 2)
    for (const field of fields) this.learnSent(field)
  }

  /** Something sent before that has all of these fields. */
  object(names: readonly string[], random: Random): Json | undefined {
    const fitting = this.#objects.filter((sent) => names.every((name) => name in sent))
    return fitting.length === 0 ? undefined : random.pick(fitting)
  }

  /** Values for the parameters of a path, of something that was there; fewer where only what it is in is known. */
  params(operation: Operation, random: Random): readonly string[] {
    const segments = segmentShape(operation.path)
    for (let end = segments.length; end > 0; end--) {
      if (segments[end - 1] !== undefined) continue
      const known = this.#paths.get(shape(segments.slice(0, end)))
      if (known !== undefined) return random.pick(known)
    }
    return []
  }

  /** A value that a field of this name had. */
  field(name: string, random: Random): unknown {
    const known = this.#fields.get(name)
    return known === undefined ? undefined : random.pick(known)
  }

  #read(value: unknown, operation: Operation, parents: readonly string[], depth: number): void {
    if (value === null || typeof value !== 'object' || depth > 4) return
    if (Array.isArray(value)) {
      for (const item of value.slice(0, 20)) this.#read(item, operation, parents, depth + 1)
      return
    }
    const segments = segmentShape(operation.path)
    const child = this.#description.templates.find(
      ({ path }) => path.startsWith(`${operation.path}/{`) && segmentShape(path).length === segments.length + 1,
    )
    const key = child === undefined ? undefined : /\{([^}]*)\}$/.exec(child.path)?.[1]
    for (const [name, field] of Object.entries(value as Json)) {
      if (field !== null && typeof field === 'object') {
        this.#read(field, operation, parents, depth + 1)
        continue
      }
      if (typeof field !== 'string' && typeof field !== 'number') continue
      this.#keepField(name, field)
      // The `next_cursor` of a reply is the `cursor` of a request, the `id` of a customer is a `customer_id`.
      if (name.startsWith('next_')) this.#keepField(name.slice(5), field)
      if (name === 'id') this.#keepField(`${collection(segments).replace(/s$/, '')}_id`, field)
      if (name === key && child !== undefined) this.#keepPath(child.segments, [...parents, String(field)])
    }
  }

  #keepPath(segments: readonly (string | undefined)[], values: readonly string[]): void {
    if (values.length === 0) return
    const end = segments.lastIndexOf(undefined) + 1
    keep(this.#paths, shape(segments.slice(0, end)), [...values])
  }

  #keepField(name: string, value: unknown): void {
    if (typeof value !== 'string' || value.length < 1000) keep(this.#fields, name, value)
  }
}

function keep<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key) ?? []
  map.set(key, list)
  list.push(value)
  if (list.length > MOST) list.splice(0, MOST / 2)
}

/** The last literal of a path: `orders` of `/orders/{id}`. */
function collection(segments: readonly (string | undefined)[]): string {
  return segments.findLast((segment) => segment !== undefined) ?? ''
}

function segmentShape(path: string): (string | undefined)[] {
  return path
    .slice(1)
    .split('/')
    .map((segment) => (segment.startsWith('{') ? undefined : segment))
}

function shape(segments: readonly (string | undefined)[]): string {
  return segments.map((segment) => segment ?? '{}').join('/')
}
