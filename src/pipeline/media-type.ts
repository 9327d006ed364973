/** `type/subtype` (RFC 9110 §8.3.1). */
const TYPE = /^[ \t]*([!#$%&'*+\-.^_`|~0-9a-z]+\/[!#$%&'*+\-.^_`|~0-9a-z]+)[ \t]*/i
/**
 * One parameter and the blanks around it, or a semicolon with nothing behind it (§5.6.6). They are read one by
 * one: in a single expression that repeats this, two neighbours could both claim a blank, and text that fails
 * at its end would be tried in every way to share them.
 */
const PARAMETER =
  /;[ \t]*(?:([!#$%&'*+\-.^_`|~0-9a-z]+)=(?:([!#$%&'*+\-.^_`|~0-9a-z]+)|"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)")[ \t]*)?/iy

/**
 * The media type without its parameters, in lower case; undefined where the value is none, or names a
 * charset other than UTF-8. What is undefined here is refused, never taken for the plain type.
 */
export function essence(value: string | undefined): string | undefined {
  if (value === undefined || value.length > 256) return undefined
  const type = TYPE.exec(value)
  if (type === null) return undefined
  for (let at = type[0].length; at < value.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const parameter = PARAMETER.exec(value)
    if (parameter === null) return undefined
    const [, name, token, quoted] = parameter
    if (name?.toLowerCase() === 'charset' && !/^utf-?8$/i.test(token ?? (quoted as string))) return undefined
  }
  return (type[1] as string).toLowerCase()
}

/** A media type with its parameters. */
export interface MediaType {
  readonly essence: string
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

/** A media type in its parts; undefined where the value is none, or has a parameter twice. */
export function mediaTypeOf(value: string): MediaType | undefined {
  const type = value.length > 256 ? null : TYPE.exec(value)
  if (type === null) return undefined
  const parameters = new Map<string, string>()
  for (let at = type[0].length; at < value.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const parameter = PARAMETER.exec(value)
    if (parameter === null) return undefined
    const [, name, token, quoted] = parameter
    if (name === undefined) continue
    if (parameters.has(name.toLowerCase())) return undefined
    parameters.set(name.toLowerCase(), token ?? (quoted as string).replace(/\\(.)/g, '$1'))
  }
  return { essence: (type[1] as string).toLowerCase(), parameters }
}
