/**
 * What the tag of a coded reply ends in, after the plain one's: two representations of one state are two, each with a
 * strong tag of its own (RFC 9110 §8.8.3.3). A weak one would do for readers, and no writer could name it in `If-Match`.
 */
const ENDING = /--(?:gzip|br|zstd|deflate)$/

/** The tag of a reply in a coding. A weak one says of both that they are the same state, and stays. */
export function codedTag(tag: string, coding: string): string {
  return tag.startsWith('W/') || !tag.endsWith('"') ? tag : `${tag.slice(0, -1)}--${coding}"`
}

/** What is between the quotes of a tag, as it was before coding. */
export function plainValue(value: string): string {
  return value.replace(ENDING, '')
}

/**
 * The tag that a caller has, of those of one state: where its `If-None-Match` names coded ones, a 304 is of one of these
 * (RFC 9110 §15.4.5).
 *
 * @param wanted the coding in which the reply would be sent.
 */
export function tagOfCaller(tag: string, ifNoneMatch: string, wanted: string | undefined): string {
  if (tag.startsWith('W/')) return tag
  const named: readonly string[] = ifNoneMatch.match(/"[^"]*"/g) ?? []
  const choices = [wanted === undefined ? tag : codedTag(tag, wanted), tag]
  const found = choices.find((one) => named.includes(one))
  return found ?? named.find((one) => `"${plainValue(one.slice(1, -1))}"` === tag) ?? tag
}
