/** `type/subtype` and parameters, by the grammar of RFC 9110 §8.3.1, blanks allowed where §5.6.6 does. */
const MEDIA_TYPE =
  /^[ \t]*([!#$%&'*+\-.^_`|~0-9a-z]+\/[!#$%&'*+\-.^_`|~0-9a-z]+)((?:[ \t]*;[ \t]*(?:[!#$%&'*+\-.^_`|~0-9a-z]+=(?:[!#$%&'*+\-.^_`|~0-9a-z]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"))?)*)[ \t]*$/i
const CHARSET = /;[ \t]*charset=("?)([^";\s]*)\1/i

/**
 * The media type without its parameters, in lower case; undefined where the value is none, or names a
 * charset other than UTF-8. What is undefined here is refused, never taken for the plain type.
 */
export function essence(value: string | undefined): string | undefined {
  if (value === undefined || value.length > 256) return undefined
  const match = MEDIA_TYPE.exec(value)
  if (match === null) return undefined
  const charset = CHARSET.exec(match[2] as string)?.[2]
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) return undefined
  return (match[1] as string).toLowerCase()
}
