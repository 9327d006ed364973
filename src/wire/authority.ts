/** A name or an IPv4 address with an optional port (RFC 9112 §3.2, RFC 3986 §3.2.2), or nothing: no path, no user. */
const NAMED = /^(?:(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+(?::(\d{0,5}))?)?$/

/** An IPv6 address, whose groups are not counted here, with an optional port. */
const NUMBERED = /^\[[0-9A-Fa-f:.]+\](?::(\d{0,5}))?$/

/** What nearly every Host is: told in a third of the time. */
const PLAIN = /^[A-Za-z0-9.-]+(?::\d{1,4})?$/

/** True for the authority of an http URL, which is also what Host may hold. */
export function isAuthority(text: string): boolean {
  if (PLAIN.test(text)) return true
  const named = NAMED.exec(text)
  if (named !== null) return isPort(named[1])
  const numbered = NUMBERED.exec(text)
  return numbered !== null && isPort(numbered[1]) && URL.canParse(`http://${text}/`)
}

function isPort(digits: string | undefined): boolean {
  return digits === undefined || Number(digits) <= 65_535
}

/** The authority of an absolute URL; undefined where the text is none. */
export function authorityOf(url: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1]
}
