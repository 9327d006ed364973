import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Draft, bytesOf, targetOf } from './draft.ts'
import type { Fault } from './verdict.ts'
import type { Ending } from './wire.ts'

/** A fault, the request that shows it, and how often others showed it. */
export interface Finding {
  readonly fault: Fault
  readonly index: number
  draft: Draft
  ending: Ending
  count: number
  /** Whether the request showed it again when sent alone. */
  again: boolean
}

/** Requests longer than this are printed as a file to send. */
const PRINTED = 1500

/** A finding for people: what is wrong, how to ask for it again, what came back. */
export function report({ fault, index, draft, ending, count, again }: Finding, seed: number): string {
  return [
    `✗ ${fault.key}, ${count} time${count === 1 ? '' : 's'}`,
    `  ${fault.what}`,
    `  request ${index} of seed ${seed}: ${draft.made.join(', ') || 'well-formed'}${again ? '' : '; alone, it does not happen again'}`,
    indent(asCommand(draft)),
    indent(asText(ending)),
  ].join('\n')
}

function asCommand(draft: Draft): string {
  const bytes = bytesOf(draft)
  if (bytes.length > PRINTED) {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'trestle-finding-')), 'request')
    writeFileSync(file, bytes)
    return `nc 127.0.0.1 8000 < ${file}   # begins ${JSON.stringify(bytes.toString('latin1', 0, 200))}`
  }
  const plain = /^[\t\r\n\x20-\x7e]*$/.test(bytes.toString('latin1')) && draft.framing !== 'given' && !draft.last
  return plain ? asCurl(draft) : `printf '${printfOf(bytes)}' | nc 127.0.0.1 8000`
}

function asCurl(draft: Draft): string {
  const parts = ['curl -i --path-as-is -g']
  if (draft.method === 'HEAD') parts.push('-I')
  else if (draft.method !== 'GET' || draft.body !== undefined) parts.push(`-X ${draft.method}`)
  parts.push(quoted(`http://127.0.0.1:8000${targetOf(draft)}`))
  for (const [name, value] of draft.headers)
    if (name.toLowerCase() !== 'host') parts.push(`-H ${quoted(`${name}: ${value}`)}`)
  if (draft.framing === 'chunked') parts.push("-H 'Transfer-Encoding: chunked'")
  if (draft.body !== undefined) parts.push(`--data-binary ${quoted(Buffer.from(draft.body).toString())}`)
  return parts.join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function printfOf(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      if (byte === 13) return '\\r'
      if (byte === 10) return '\\n'
      const plain = byte >= 32 && byte < 127 && byte !== 39 && byte !== 92 && byte !== 37
      return plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
    })
    .join('')
}

function asText(ending: Ending): string {
  if (ending.is !== 'reply') return `→ ${ending.is}`
  const { status, headers, body } = ending.reply
  const fields = headers.map(([name, value]) => `${name}: ${value}`).join('\n')
  return `→ ${status}\n${fields}\n\n${body.toString('utf8', 0, 600)}`
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
