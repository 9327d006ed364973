import { type ClientHttp2Session, type OutgoingHttpHeaders, connect } from 'node:http2'
import type { Case } from './case.ts'
import type { Answer } from './verify.ts'

/** A connection of HTTP/2, as node's client has it. */
export function openHttp2(port: number): ClientHttp2Session {
  return connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
}

/** Sends a case that is no raw bytes. Rejects where the stream is reset, and where HTTP/2 has no such request. */
export function askHttp2(session: ClientHttp2Session, one: Case): Promise<Answer> {
  const { method = 'GET', target = '/', headers = [], body } = one
  const fields: OutgoingHttpHeaders = { ':method': method, ':path': target, ':authority': 'api.test' }
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    const before = fields[key]
    fields[key] = before === undefined ? value : [before, value].flat().map(String)
  }
  return new Promise((resolve, reject) => {
    const stream = session.request(fields, { endStream: body === undefined })
    const answered = new Map<string, string>()
    const interim: number[] = []
    let status = 0
    const pieces: Buffer[] = []
    stream.on('headers', (early) => interim.push(Number(early[':status'])))
    stream.on('response', (given) => {
      status = Number(given[':status'])
      for (const [name, value] of Object.entries(given)) {
        if (!name.startsWith(':')) answered.set(name, [value].flat().join(', '))
      }
    })
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.on('error', reject)
    stream.on('close', () => {
      if (status === 0) reject(new Error(`reset with ${stream.rstCode}`))
      else resolve({ status, headers: answered, body: Buffer.concat(pieces), interim })
    })
    if (body !== undefined) stream.end(body)
  })
}
