import { inspect } from 'node:util'

/** Stands for any text in what a page says is printed: a time, a port, what is of no interest there. */
const ANY = '…'

/** True where `actual` is what a page expects. */
export function fits(actual: string, expected: string): boolean {
  const [first = '', ...parts] = expected.trimEnd().split(ANY)
  const last = parts.pop()
  // A page has other line ends than CSV.
  const text = actual.trimEnd().replaceAll('\r\n', '\n')
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of parts) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

/** True where two JSON values are the same; a text in `expected` may hold `…`. */
export function fitsJson(actual: unknown, expected: unknown): boolean {
  if (typeof expected === 'string') return typeof actual === 'string' && fits(actual, expected)
  if (expected === null || typeof expected !== 'object') return actual === expected
  if (actual === null || typeof actual !== 'object' || Array.isArray(actual) !== Array.isArray(expected)) return false
  const keys = Object.keys(expected)
  return (
    keys.length === Object.keys(actual).length &&
    keys.every(
      (key) =>
        Object.hasOwn(actual, key) &&
        fitsJson((actual as Record<string, unknown>)[key], (expected as Record<string, unknown>)[key]),
    )
  )
}

/** Compares bodies as JSON where both are, so that a page may break lines. */
function fitsBody(actual: string, expected: string): boolean {
  try {
    return fitsJson(JSON.parse(actual), JSON.parse(expected))
  } catch {
    return fits(actual, expected)
  }
}

/**
 * Compares a message that `curl -i` printed with one on a page: the same status line and body; of the
 * header fields a page shows those that matter, and they must be there.
 */
function fitsMessage(actual: string, expected: string): boolean {
  const [head = '', body = ''] = halves(actual)
  const [wanted = '', wantedBody = ''] = halves(expected)
  const [status = '', ...fields] = head.split('\n')
  const [wantedStatus = '', ...wantedFields] = wanted.split('\n')
  return (
    status.trim() === wantedStatus.trim() &&
    wantedFields.every((field) => fields.some((one) => fits(lowerName(one), lowerName(field)))) &&
    fitsBody(body, wantedBody)
  )
}

function halves(message: string): [string, string] {
  const text = message.replaceAll('\r\n', '\n')
  const end = text.indexOf('\n\n')
  return end === -1 ? [text.trimEnd(), ''] : [text.slice(0, end), text.slice(end + 2)]
}

function lowerName(field: string): string {
  return field.replace(/^[^:]+/, (name) => name.toLowerCase())
}

/** Says how what a command printed differs from the block that follows it; undefined where it fits. */
export function difference(language: string, actual: string, expected: string): string | undefined {
  const same =
    language === 'http'
      ? fitsMessage(actual, expected)
      : language === 'json'
        ? fitsBody(actual, expected)
        : fits(actual, expected)
  return same ? undefined : `expected:\n${expected}\nprinted:\n${actual}`
}

/** One call of `console.log` in an example. */
export interface Printed {
  readonly line: number
  /** What it prints. */
  readonly text: string
  /** Its values as `util.inspect` shows them: texts in quotes. */
  readonly inspected: string
}

/**
 * Compares what an example printed with its comments. `console.log(x) // 7` states what that line
 * prints each time it runs, as printed or as inspected; comment lines right below a `console.log`
 * line state output of several lines.
 */
export function wrongComments(text: string, from: number, printed: readonly Printed[]): string[] {
  const wrong: string[] = []
  const lines = text.split('\n')
  for (const [index, line] of lines.entries()) {
    const call = /\bconsole\.log\(.*\)(?:\s*\/\/ (.*))?$/.exec(line)
    if (call === null) continue
    const expected = call[1] ?? commentBelow(lines, index)
    if (expected === undefined) continue
    const found = printed.filter((one) => one.line === from + index)
    if (found.length === 0) wrong.push(`line ${from + index} printed nothing; its comment says ${inspect(expected)}`)
    for (const one of found) {
      if (fits(trimLines(one.text), expected) || fits(one.inspected, expected)) continue
      wrong.push(`line ${from + index} printed\n${one.text}\nand its comment says\n${expected}`)
    }
  }
  return wrong
}

function commentBelow(lines: readonly string[], index: number): string | undefined {
  const below: string[] = []
  for (const line of lines.slice(index + 1)) {
    const comment = /^\s*\/\/ ?(.*)$/.exec(line)
    if (comment === null) break
    below.push(comment[1] as string)
  }
  return below.length === 0 ? undefined : below.join('\n')
}

function trimLines(text: string): string {
  return text.replace(/[ \t]+$/gm, '')
}
