import type { Trial } from './trial.ts'

/** Octets on which the readers disagree. */
export interface Finding {
  readonly key: string
  readonly index: number
  what: string
  trial: Trial
  count: number
}

/** What findings of one kind have in common. */
export function keyOf(what: string): string {
  return what.replace(/: .*|\d+/gs, '')
}

/** A finding for people, and the octets as a literal that makes it again. */
export function report({ index, what, trial, count }: Finding, seed: number): string {
  const { text, cuts, slow, use, streamed } = trial
  return [
    `✗ ${what}`,
    `  case ${index} of seed ${seed}, made smaller; ${count} case${count === 1 ? '' : 's'} like it`,
    `  { text: ${literal(text)}, cuts: [${cuts.join(', ')}], slow: ${slow}, use: '${use}', streamed: ${streamed} }`,
  ].join('\n')
}

const ESCAPED: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\t': '\\t', "'": "\\'", '\\': '\\\\' }

/** What comes twenty times and more in a row is told as such. */
const REPEATED = /(.{1,8}?)\1{19,}/s

function literal(text: string): string {
  const repeated = REPEATED.exec(text)
  if (repeated === null) return quoted(text)
  const [all, unit = ''] = repeated
  const before = text.slice(0, repeated.index)
  const after = text.slice(repeated.index + all.length)
  return `${quoted(before)} + ${quoted(unit)}.repeat(${all.length / unit.length}) + ${literal(after)}`
}

function quoted(text: string): string {
  const plain = text.replace(/[\r\n\t'\\]|[^\x20-\x7e]/g, (one) => {
    return ESCAPED[one] ?? `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `'${plain}'`
}
