import { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders, connect } from 'node:http2'

export interface Received {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: string
}

/** A caller of HTTP/2, as node has it. */
export class Http2Caller {
  readonly session: ClientHttp2Session

  private constructor(session: ClientHttp2Session) {
    this.session = session
    session.on('error', () => {})
  }

  static async open(port: number): Promise<Http2Caller> {
    const session = connect(`https://localhost:${port}`, { rejectUnauthorized: false })
    await new Promise<void>((resolve, reject) => session.once('connect', () => resolve()).once('error', reject))
    return new Http2Caller(session)
  }

  /** Begins a request. Its errors are for `replyOf` to tell of. */
  begin(path: string, headers: OutgoingHttpHeaders = {}, options: { endStream?: boolean } = {}): ClientHttp2Stream {
    const stream = this.session.request({ ':path': path, ...headers }, options)
    stream.on('error', () => {})
    return stream
  }

  async get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Received> {
    return replyOf(this.begin(path, headers, { endStream: true }))
  }

  async post(path: string, body: string | Uint8Array, headers: OutgoingHttpHeaders = {}): Promise<Received> {
    const stream = this.begin(path, { ':method': 'POST', 'content-type': 'application/json', ...headers })
    const received = replyOf(stream)
    stream.end(body)
    return received
  }

  end(): void {
    this.session.destroy()
  }
}

/** The whole reply. It rejects with the code where the stream is reset before its end. */
export function replyOf(stream: ClientHttp2Stream): Promise<Received> {
  return new Promise((resolve, reject) => {
    let headers: Received['headers'] = {}
    const pieces: Buffer[] = []
    let ended = false
    stream.on('response', (fields) => {
      headers = fields as Received['headers']
    })
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.on('end', () => {
      ended = true
    })
    stream.on('close', () => {
      const status = Number(headers[':status'])
      if (!ended || stream.rstCode !== 0) reject(new Error(`reset ${stream.rstCode}`))
      else resolve({ status, headers, body: Buffer.concat(pieces).toString() })
    })
  })
}
