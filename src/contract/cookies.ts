/** A cookie of a request, as it is written. */
export type CookiePair = readonly [name: string, value: string]

/**
 * The cookies of a `Cookie` field (RFC 6265 §4.2.1), in its order; what has no name is none.
 *
 * Only spaces and tabs around a name are not of it. To browsers a name that begins with another blank, such as U+00A0,
 * is another name, without what a prefix like `__Host-` demands: every host of the domain may set it.
 */
export function cookiesOf(field: string | undefined): CookiePair[] {
  const found: CookiePair[] = []
  for (const pair of field?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals !== -1) found.push([bare(pair, 0, equals), bare(pair, equals + 1, pair.length)])
  }
  return found
}

function bare(text: string, from: number, to: number): string {
  let [start, end] = [from, to]
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
