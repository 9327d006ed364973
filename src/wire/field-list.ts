/**
 * The items of a list in a header field (RFC 9110 §5.6.1), the last first: behind proxies that is the one written
 * nearest, and who reads for trust seldom needs the others. Empty items are given, not passed over: a proxy that
 * did not know what to write must not make the item before it look like its own.
 */
export function* itemsFromRight(list: string): Generator<string> {
  let end = list.length
  for (;;) {
    const comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1)
    yield trimmed(list, comma + 1, end)
    if (comma === -1) return
    end = comma
  }
}

/**
 * Part of a field's value without spaces and tabs around it (RFC 9110 §5.6.3). Not `trim()`, which takes more than
 * those away, and no expression, for one takes a time that grows with the square of 16 KB of spaces.
 */
export function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
