import { sample, stringMatching } from 'fast-check'
import type { Description, Json } from './description.ts'
import type { Memory } from './memory.ts'
import type { Random } from './random.ts'

/** Makes values that fit JSON Schemas (2020-12), as far as API descriptions use it. */
export class SchemaValues {
  readonly #description: Description
  readonly #memory: Memory
  readonly #matching = new Map<string, readonly string[]>()
  readonly #seed: number

  constructor(description: Description, memory: Memory, seed: number) {
    this.#description = description
    this.#memory = memory
    this.#seed = seed
  }

  /** @param name that of the field, so that values seen before under this name can be used. */
  make(given: Json, random: Random, name?: string, depth = 0): unknown {
    const schema = this.#flat(given)
    if ('const' in schema) return schema.const
    if (name !== undefined && random.chance(0.5)) {
      const seen = this.#memory.field(name, random)
      if (seen !== undefined && kindFits(seen, schema)) return seen
    }
    if (Array.isArray(schema.enum)) return random.pick(schema.enum)
    const choices = (schema.anyOf ?? schema.oneOf) as Json[] | undefined
    if (choices !== undefined) {
      const { anyOf: _any, oneOf: _one, ...rest } = schema
      return this.make({ allOf: [rest, random.pick(choices)] }, random, undefined, depth)
    }
    if (Array.isArray(schema.examples) && schema.examples.length > 0 && random.chance(0.1))
      return random.pick(schema.examples)
    const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? guess(schema)]
    switch (random.pick(types)) {
      case 'string':
        return this.#text(schema, random)
      case 'integer':
        return number(schema, random, true)
      case 'number':
        return number(schema, random, random.chance(0.5))
      case 'boolean':
        return random.chance(0.5)
      case 'null':
        return null
      case 'array':
        return this.#list(schema, random, depth)
      case 'object':
        return this.#object(schema, random, depth)
      default:
        return random.pick<unknown>([null, true, 7, 'any', [], {}])
    }
  }

  /** References followed, `allOf` made one. */
  #flat(given: Json, depth = 0): Json {
    const schema = this.#description.resolve(given)
    if (!Array.isArray(schema.allOf) || depth > 8) return schema
    const { allOf, ...own } = schema
    return [own, ...allOf].map((part) => this.#flat(part as Json, depth + 1)).reduce(merge, {})
  }

  #text(schema: Json, random: Random): string {
    const least = (schema.minLength as number | undefined) ?? 0
    const most = (schema.maxLength as number | undefined) ?? Math.max(least, 40)
    if (typeof schema.format === 'string') {
      const text = formatted(schema.format, random)
      if (text !== undefined) return text
    }
    if (typeof schema.pattern === 'string') {
      const fitting = this.#matches(schema.pattern).filter((text) => text.length >= least && text.length <= most)
      if (fitting.length > 0) return random.pick(fitting)
    }
    const edge = random.chance(0.1) ? random.pick([least, most]) : random.int(least, Math.min(most, least + 20))
    return letters(edge, random)
  }

  /** Texts that match a pattern, made once for each. */
  #matches(pattern: string): readonly string[] {
    let known = this.#matching.get(pattern)
    if (known === undefined) {
      // Most of what matches "anything but NUL" is unreadable; a few words make findings easier to read.
      const words = ['Tea', 'a b', 'Ünïcödé ☕', 'x'.repeat(30)].filter((word) => new RegExp(pattern, 'u').test(word))
      const found = sample(stringMatching(new RegExp(pattern)), { numRuns: 300, seed: this.#seed })
      known = [...found.filter((text) => new RegExp(pattern, 'u').test(text)), ...words]
      this.#matching.set(pattern, known)
    }
    return known
  }

  #list(schema: Json, random: Random, depth: number): unknown[] {
    const first = ((schema.prefixItems ?? []) as Json[]).map((item) => this.make(item, random, undefined, depth + 1))
    if (schema.items === undefined || schema.items === false) return first
    const least = Math.max(0, ((schema.minItems as number | undefined) ?? 0) - first.length)
    const most = Math.max(least, Math.min((schema.maxItems as number | undefined) ?? 5, least + (depth > 3 ? 0 : 4)))
    const rest = Array.from({ length: random.int(least, most) }, () =>
      this.make(schema.items as Json, random, undefined, depth + 1),
    )
    const all = [...first, ...rest]
    return schema.uniqueItems === true ? [...new Map(all.map((item) => [JSON.stringify(item), item])).values()] : all
  }

  #object(schema: Json, random: Random, depth: number): Json {
    const required = new Set((schema.required ?? []) as string[])
    const properties = (schema.properties ?? {}) as Json
    const sent = required.size > 1 && random.chance(0.1) ? this.#memory.object([...required], random) : undefined
    if (sent !== undefined) return Object.fromEntries(Object.entries(sent).filter(([name]) => name in properties))
    const optional = random.chance(0.1) ? 0 : 0.5
    const made: Json = {}
    for (const [name, field] of Object.entries(properties)) {
      if (required.has(name) || (depth < 4 && random.chance(optional)))
        made[name] = this.make(field as Json, random, name, depth + 1)
    }
    const more = schema.additionalProperties
    if (more !== null && typeof more === 'object' && depth < 4) {
      for (let i = random.int(0, 2); i > 0; i--)
        made[letters(random.int(1, 8), random)] = this.make(more as Json, random, undefined, depth + 1)
    }
    return made
  }
}

function guess(schema: Json): string | undefined {
  if ('properties' in schema || 'required' in schema) return 'object'
  if ('items' in schema || 'prefixItems' in schema) return 'array'
  if ('pattern' in schema || 'format' in schema || 'maxLength' in schema) return 'string'
  return 'minimum' in schema || 'maximum' in schema ? 'number' : undefined
}

/** A value seen elsewhere is taken where it is of the right type; the fields of one name seldom differ in more. */
function kindFits(value: unknown, schema: Json): boolean {
  if (Array.isArray(schema.enum)) return schema.enum.includes(value)
  const type = typeof value === 'number' ? ['integer', 'number'] : [typeof value]
  const wanted = Array.isArray(schema.type) ? schema.type : [schema.type]
  return wanted.some((one) => type.includes(one as string))
}

function merge(first: Json, second: Json): Json {
  const merged: Json = { ...first, ...second }
  if (first.properties !== undefined && second.properties !== undefined) {
    merged.properties = { ...(first.properties as Json), ...(second.properties as Json) }
  }
  if (first.required !== undefined && second.required !== undefined) {
    merged.required = [...(first.required as string[]), ...(second.required as string[])]
  }
  return merged
}

function number(schema: Json, random: Random, whole: boolean): number {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema as Record<
    string,
    number | undefined
  >
  const least = Math.max(minimum ?? -1_000_000, exclusiveMinimum === undefined ? -Infinity : exclusiveMinimum + 1)
  const most = Math.min(
    maximum ?? Math.max(1_000_000, least + 1000),
    exclusiveMaximum === undefined ? Infinity : exclusiveMaximum - 1,
  )
  // Half of the numbers are small, for that is what is there.
  const made = random.chance(0.2)
    ? random.pick([least, most])
    : random.chance(0.5)
      ? random.int(least, Math.min(most, Math.max(least, 0) + 10))
      : random.int(least, most)
  const rounded = multipleOf === undefined ? made : Math.ceil(made / multipleOf) * multipleOf
  return whole || rounded === least || rounded === most
    ? rounded
    : rounded + 0.5 * Number(multipleOf === undefined && made < most)
}

const ALPHABET = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789   -_.,äßé日本☕']

function letters(length: number, random: Random): string {
  let made = ''
  for (let i = 0; i < length; i++)
    made += i === 0 || i === length - 1 ? random.pick(ALPHABET.slice(0, 52)) : random.pick(ALPHABET)
  return made
}

const hex = (digits: number, random: Random): string =>
  Array.from({ length: digits }, () => random.int(0, 15).toString(16)).join('')

function formatted(format: string, random: Random): string | undefined {
  const time = new Date(random.int(0, 4_102_444_800) * 1000)
  switch (format) {
    case 'uuid':
      return `${hex(8, random)}-${hex(4, random)}-4${hex(3, random)}-a${hex(3, random)}-${hex(12, random)}`
    case 'date-time':
      return random.chance(0.5) ? time.toISOString() : time.toISOString().replace('.000', '')
    case 'date':
      return time.toISOString().slice(0, 10)
    case 'time':
      return time.toISOString().slice(11, 19)
    case 'email':
      return `${hex(6, random)}${random.pick(['', '.x', '+tag', '_y'])}@${random.pick(['example.com', 'Mail.Example', 'a-b.co'])}`
    case 'uri':
    case 'url':
      return `https://${hex(4, random)}.example/${random.pick(['', 'a/b?c=d#e', '%20'])}`
    case 'uri-reference':
      return `/${hex(4, random)}`
    case 'ipv4':
      return '192.0.2.7'
    case 'ipv6':
      return '2001:db8::7'
    case 'hostname':
      return `${hex(4, random)}.example`
    default:
      return undefined
  }
}
