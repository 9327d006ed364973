import { hostileKey, hostileNumber, hostileText, hostileValue, Raw, writeJson } from '../hostile.ts'
import type { Mutations, PartsMutation } from '../mutation.ts'
import type { Random } from '../random.ts'
import type { Parts } from '../well-formed.ts'

type Holder = Record<string, unknown> | unknown[]

/** Everything in a value that holds something, outermost first. */
function holders(value: unknown): Holder[] {
  if (value === null || typeof value !== 'object' || value instanceof Raw) return []
  const inner = Object.values(value).flatMap(holders)
  return [value as Holder, ...inner]
}

function copy(parts: Parts): void {
  parts.value = clone(parts.value)
}

/** Not structuredClone: raw text is to stay raw. */
function clone(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Raw) return value
  if (Array.isArray(value)) return value.map(clone)
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, clone(field)]))
}

/** Changes one place of the body's value. */
function inBody(change: (holder: Holder, key: string, random: Random) => void): PartsMutation {
  return (parts, random) => {
    copy(parts)
    const places = holders(parts.value).flatMap((holder) => Object.keys(holder).map((key) => [holder, key] as const))
    if (places.length === 0) return false
    const [holder, key] = random.pick(places)
    change(holder, key, random)
    return true
  }
}

function put(holder: Holder, key: string, value: unknown): void {
  // Not by assignment: `__proto__` is to be a key like any other.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}

function inQuery(change: (parts: Parts, random: Random) => boolean): PartsMutation {
  return change
}

/** Mutations of what a request says: values, fields, parameters. */
export const valueMutations: Mutations<PartsMutation> = {
  'a field of another kind': inBody((holder, key, random) => put(holder, key, hostileValue(random))),
  'a number at an edge': inBody((holder, key, random) => put(holder, key, hostileNumber(random))),
  'a hostile text': inBody((holder, key, random) => put(holder, key, hostileText(random))),
  'a null': inBody((holder, key) => put(holder, key, null)),
  'a field less': inBody((holder, key) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key]
  }),
  'a value in an array': inBody((holder, key) => put(holder, key, [(holder as Record<string, unknown>)[key]])),
  'a number as text, a text as number': inBody((holder, key) => {
    const value = (holder as Record<string, unknown>)[key]
    put(holder, key, typeof value === 'number' ? String(value) : new Raw(String(writeJson(value).length)))
  }),
  'an array that goes on': inBody((holder, key, random) => {
    const value = (holder as Record<string, unknown>)[key]
    const item = writeJson(Array.isArray(value) ? value[0] : value)
    const length = random.chance(0.1) ? Math.min(60_000, Math.floor(400_000 / (item.length + 1))) : random.int(2, 300)
    put(holder, key, new Raw(`[${`${item},`.repeat(length)}${item}]`))
  }),
  'another field': (parts, random) => {
    copy(parts)
    const objects = holders(parts.value).filter((holder) => !Array.isArray(holder))
    if (objects.length === 0) return false
    put(random.pick(objects), hostileKey(random), hostileValue(random))
    return true
  },
  'a thousand fields': (parts, random) => {
    copy(parts)
    const objects = holders(parts.value).filter((holder) => !Array.isArray(holder))
    if (objects.length === 0) return false
    const object = random.pick(objects)
    for (let i = random.chance(0.1) ? 20_000 : 1000; i > 0; i--) put(object, `f${i}`, i)
    return true
  },
  'another value for a body': (parts, random) => {
    if (parts.value === undefined) return false
    parts.value = hostileValue(random)
    return true
  },
  'another path parameter': (parts, random) => {
    if (parts.params.size === 0) return false
    const name = random.pick([...parts.params.keys()])
    const value = random.chance(0.5) ? hostileText(random) : writeJson(hostileNumber(random))
    if (value === '' || value.length > 4000) return false
    parts.params.set(name, value)
    return true
  },
  'another query value': inQuery((parts, random) => {
    const queries = parts.operation.parameters.filter((one) => one.in === 'query')
    if (queries.length === 0) return false
    const { name } = random.pick(queries)
    const value = random.chance(0.5) ? hostileText(random) : writeJson(hostileNumber(random))
    if (value.length > 2000) return false
    parts.query = [...parts.query.filter(([known]) => known !== name), [name, value]]
    return true
  }),
  'a query field that comes again': inQuery((parts, random) => {
    const queries = parts.operation.parameters.filter((one) => one.in === 'query')
    if (queries.length === 0) return false
    const { name } = random.pick(queries)
    for (let i = random.chance(0.1) ? 300 : 2; i > 0; i--) parts.query.push([name, String(random.int(-1, 9))])
    return true
  }),
  'a query field that is not known': inQuery((parts, random) => {
    parts.query.push([hostileKey(random), hostileText(random).slice(0, 200)])
    return true
  }),
  'a query field less': inQuery((parts, random) => {
    if (parts.query.length === 0) return false
    parts.query.splice(random.int(0, parts.query.length - 1), 1)
    return true
  }),
  'another cookie or header value': (parts, random) => {
    const others = parts.operation.parameters.filter((one) => one.in === 'header' || one.in === 'cookie')
    if (others.length === 0) return false
    const { name, in: where } = random.pick(others)
    const value = random.chance(0.5)
      ? writeJson(hostileNumber(random))
      : random.pick(['', ' ', '%', '%00', '""', ';', ',,', '=', 'a, b', '%FF', 'null'])
    if (where === 'header') parts.headers = [...parts.headers.filter(([known]) => known !== name), [name, value]]
    else parts.cookies = [...parts.cookies, [name, value]]
    return true
  },
}
