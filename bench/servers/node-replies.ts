import type { IncomingMessage, ServerResponse } from 'node:http'

/** What servers on node:http without a framework share: no framework would do it otherwise. */
export function send(response: ServerResponse, status: number, body: unknown, location?: string): void {
  const text = JSON.stringify(body)
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  }
  if (location !== undefined) headers.location = location
  response.writeHead(status, headers)
  response.end(text)
}

/** Hands a body over as JSON; undefined where it is none. */
export function readJson(request: IncomingMessage, use: (body: unknown) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    let body: unknown
    try {
      body = JSON.parse((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString())
    } catch {}
    use(body)
  })
}

/** A segment of a path, decoded; undefined where that cannot be done. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
