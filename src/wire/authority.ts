/** A host and an optional port (RFC 9112 §3.2, RFC 3986 §3.2.2): nothing that could be taken for a path or a user. */
const AUTHORITY = /^(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*(?::(\d{0,5}))?$|^\[[0-9A-Fa-f:.]+\](?::(\d{0,5}))?$/

/** True for the authority of an http URL, which is also what Host may hold. */
export function isAuthority(text: string): boolean {
  const authority = AUTHORITY.exec(text)
  return authority !== null && Number(authority[1] ?? authority[2] ?? 0) <= 65_535
}

/** The authority of an absolute URL; undefined where the text is none. */
export function authorityOf(url: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1]
}
