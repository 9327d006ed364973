/** Escapes; those of ASCII that a path can hold as it is stand for that character (RFC 3986 §6.2.2). */
const ESCAPE = /%[0-9a-f]{2}/gi

/** A "%" that escapes nothing. */
const STRAY = /%(?![0-9a-f]{2})/i

/**
 * `/%61dmin` is `/admin`, and `%2f` is `%2F`: it is no `/`, nor are `%5C`, `%3F`, `%23` and `%25` what they stand for.
 * A path with a stray "%" stays as it is, to be refused: `%%34%31` would become `%41`, and that `A`.
 */
export function plainPath(path: string): string {
  return path.includes('%') && !STRAY.test(path) ? path.replace(ESCAPE, plainEscape) : path
}

function plainEscape(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return /[\x21-\x7e]/.test(character) && !/[/\\?#%]/.test(character) ? character : escaped.toUpperCase()
}
