import type { AnySchema, Schema, SchemaIssue, SchemaResult } from '../contract/schema.ts'
import { type Expectation, expectationOf, inWords } from './expectation.ts'
import { readings } from './from-text.ts'
import { Secret } from './secret.ts'
import { type Setting, type Settings, type Shape, toSetting, variableName } from './setting.ts'
import { type Found, type SourceOptions, openSource } from './source.ts'

export interface SettingsOptions extends SourceOptions {
  /** What every variable's name begins with: with `SHOP_`, `port` reads SHOP_PORT. */
  readonly prefix?: string
}

/** Settings that are missing or wrong: one message with all of them. It holds no secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  /** One line for each. */
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `${faults.length === 1 ? 'A setting is' : `${faults.length} settings are`} wrong\n\n  ${faults.join('\n  ')}\n`,
    )
    this.faults = faults
  }
}

/**
 * Reads settings from the environment and from `.env`, checks them by their schemas, all at once. Text
 * becomes what a schema asks for: numbers, `true`/`false`, lists with commas, objects as JSON. The
 * environment wins over files, an empty value counts as none, other variables are left alone.
 *
 * @throws {SettingsError} naming every variable that is missing or wrong, where it stands, and the mend.
 * @example
 * const config = settings({
 *   port: z.int().min(1).max(65_535).default(8000),
 *   databaseUrl: secret(z.url().optional()),
 * })
 */
export function settings<const S extends Shape>(shape: S, options: SettingsOptions = {}): Settings<S> {
  const source = openSource(options)
  const faults = [...source.faults]
  const values: Record<string, unknown> = {}
  for (const { name, variable, setting } of variablesOf(shape, options.prefix)) {
    const found = source.find(variable)
    const expected = expectationOf(setting.schema)
    const result = take(setting, found, expected)
    if (result.issues === undefined) values[name] = finished(result.value, setting.hidden)
    else if (found === undefined)
      faults.push(`${variable} is missing: set it ${source.places}, to ${wanted(expected, setting)}`)
    else faults.push(refusal(variable, found, result.issues, expected, setting))
  }
  if (faults.length > 0) throw new SettingsError(faults)
  return Object.freeze(values) as Settings<S>
}

/** A setting and the variable it reads. */
export interface Variable {
  readonly name: string
  readonly variable: string
  readonly setting: Setting
}

/**
 * The variables that settings read.
 *
 * @throws {TypeError} where two settings read the same one.
 */
export function variablesOf(shape: Shape, prefix = ''): readonly Variable[] {
  const owners = new Map<string, string>()
  return Object.entries(shape).map(([name, given]) => {
    const setting = toSetting(given)
    const variable = setting.variable ?? prefix + variableName(name)
    const owner = owners.get(variable)
    if (owner !== undefined) throw new TypeError(`settings: "${owner}" and "${name}" both read ${variable}; rename one`)
    owners.set(variable, name)
    return { name, variable, setting }
  })
}

/** What a schema makes of a value. What it throws is an issue too: its text may hold a secret. */
export function check(schema: AnySchema, value: unknown): SchemaResult<unknown> {
  try {
    const result = (schema as Schema)['~standard'].validate(value)
    if (!(result instanceof Promise)) return result
    result.catch(() => {})
    return { issues: [{ message: 'has a schema that takes its time; settings are read at once, so it must not' }] }
  } catch (error) {
    return { issues: [{ message: error instanceof Error ? error.message : String(error) }] }
  }
}

function take(setting: Setting, found: Found | undefined, expected: Expectation): SchemaResult<unknown> {
  if (found === undefined) return check(setting.schema, undefined)
  let first: SchemaResult<unknown> | undefined
  for (const value of readings(found.text, expected)) {
    const result = check(setting.schema, value)
    if (result.issues === undefined) return result
    first ??= result
  }
  return first ?? check(setting.schema, found.text)
}

function refusal(
  variable: string,
  { text, place }: Found,
  issues: readonly SchemaIssue[],
  expected: Expectation,
  setting: Setting,
): string {
  // Messages of schemas may quote the value, so a secret's are not repeated.
  if (setting.hidden)
    return `${variable} (${place}) is not taken, its value is secret: write ${wanted(expected, setting)}`
  const reasons = issues.map(({ path, message }) => {
    const keys = path?.map((key) => String(typeof key === 'object' ? key.key : key)) ?? []
    return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
  })
  const line = `${variable} (${place}) is ${quoted(text)}: ${reasons.join(', ')}; write ${wanted(expected, setting)}`
  return withoutLogin(line)
}

function wanted(expected: Expectation, { hidden }: Setting): string {
  const { description } = expected
  const words = inWords(expected, hidden)
  return typeof description === 'string' && !hidden ? `${words} (${description})` : words
}

function quoted(value: string): string {
  const text = withoutLogin(value) // first, for a cut could hide where a password ends
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

/** A URL's user and password are nobody's business, even where nobody called the setting a secret. */
function withoutLogin(line: string): string {
  return line.replace(/(:\/\/)[^\s"]*@/g, '$1…@')
}

function finished(value: unknown, hidden: boolean): unknown {
  return hidden && value !== undefined && value !== null ? new Secret(value) : frozen(value)
}

function frozen(value: unknown): unknown {
  const plain = Array.isArray(value) || (typeof value === 'object' && value?.constructor === Object)
  if (plain && !Object.isFrozen(value)) for (const inner of Object.values(Object.freeze(value) as object)) frozen(inner)
  return value
}
