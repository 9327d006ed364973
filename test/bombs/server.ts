/** The process that bombs are sent to. It tells what memory it has (Linux), and had at most since it was last asked. */
import { readFileSync, writeFileSync } from 'node:fs'
import { api, bytes, get, post, stream, text } from 'trestle'
import { z } from 'zod'
import { reportToParent, serveForParent } from '../servers/serve-for-parent.ts'

function memory(name: 'VmHWM' | 'VmRSS'): number {
  const [, kilobytes] =
    new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'latin1')) ?? []
  return Number(kilobytes) * 1024
}

const app = api({
  json: post('/json', { body: z.unknown() }, () => 'taken'),
  text: post('/text', { body: text() }, () => 'taken'),
  bytes: post('/bytes', { body: bytes() }, () => 'taken'),
  stream: post('/stream', { body: stream() }, async ({ body }) => {
    let length = 0
    for await (const piece of body) length += piece.byteLength
    return length
  }),
  memory: get('/memory', () => {
    const told = { now: memory('VmRSS'), most: memory('VmHWM') }
    // The most is counted from now on (proc_pid_clear_refs(5)).
    writeFileSync('/proc/self/clear_refs', '5')
    return told
  }),
})

await serveForParent(app, { report: reportToParent })
