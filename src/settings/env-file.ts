/** A variable in an `.env` file, and the line it begins on. */
export interface EnvEntry {
  readonly value: string
  readonly line: number
}

/** What an `.env` file holds. */
export interface EnvFile {
  readonly entries: ReadonlyMap<string, EnvEntry>
  readonly faults: readonly EnvFault[]
}

/** A line that is no setting. Its text is not kept, for it may be half a secret. */
export interface EnvFault {
  readonly line: number
  readonly message: string
}

const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', '"': '"', '\\': '\\' }

/**
 * Reads `.env` text: `NAME=value`, `export NAME=value`, `# comment`, and values in '…', "…" or `…`,
 * which may run over lines. In "…" `\n`, `\r`, `\"` and `\\` stand for what they do in a string.
 * Nothing is expanded. Node's own `parseEnv` reads the same but knows neither lines nor faults.
 */
export function parseEnvFile(source: string): EnvFile {
  const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const entries = new Map<string, EnvEntry>()
  const faults: EnvFault[] = []
  let line = 1
  let at = 0
  while (at < text.length) {
    const end = endOfLine(text, at)
    const row = text.slice(at, end)
    const assigned = ASSIGNMENT.exec(row)
    if (assigned === null) {
      if (!/^[ \t]*(#|$)/.test(row))
        faults.push({ line, message: 'is no setting: write NAME=value, or # before a comment' })
      at = end + 1
      line += 1
      continue
    }
    const from = at + assigned[0].length
    const quote = text[from]
    if (quote !== '"' && quote !== "'" && quote !== '`') {
      entries.set(assigned[1] as string, { value: bare(text.slice(from, end)), line })
      at = end + 1
      line += 1
      continue
    }
    const close = closing(text, from + 1, quote)
    if (close === -1) {
      faults.push({ line, message: `opens a value of ${assigned[1]} with ${quote} and never closes it` })
      at = end + 1
      line += 1
      continue
    }
    const inner = text.slice(from + 1, close)
    const value = quote === '"' ? inner.replace(/\\(.)/g, (whole, char: string) => ESCAPES[char] ?? whole) : inner
    entries.set(assigned[1] as string, { value, line })
    const rest = endOfLine(text, close)
    if (!/^[ \t]*(#|$)/.test(text.slice(close + 1, rest))) {
      faults.push({ line, message: `has text after the closing ${quote} of ${assigned[1]}` })
    }
    line += inner.split('\n').length
    at = rest + 1
  }
  return { entries, faults }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

/** A `#` begins a comment where a space stands before it: `a#b` is a value. */
function bare(text: string): string {
  return text.replace(/(^|[ \t])#.*$/, '').trim()
}

function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === quote) return at
    if (quote === '"' && text[at] === '\\') at += 1
  }
  return -1
}
