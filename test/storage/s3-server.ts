import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What an S3 keeps of an object. */
export interface S3Object {
  readonly body: Buffer
  readonly type: string
  readonly etag: string
  readonly modified: Date
}

export interface S3Server {
  readonly endpoint: string
  readonly objects: Map<string, S3Object>
  /** Uploads that are neither put together nor forgotten. */
  readonly uploads: ReadonlyMap<string, unknown>
  /** `PUT /bucket/key`, of each request that was signed well. */
  readonly asked: string[]
  /** Signatures that were wrong, and why. */
  readonly refused: string[]
  /** Answers next requests in its own way where it gives something. */
  fault: (request: string) => { status: number; body: string } | 'break' | undefined
  readonly stop: () => Promise<void>
}

interface Upload {
  readonly key: string
  readonly type: string
  readonly parts: Map<number, { readonly body: Buffer; readonly etag: string }>
}

export const KEY = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret/+of=test' } as const
export const REGION = 'eu-test-1'
const MIN_PART = 5_242_880

/** A small S3 of this process: objects by path, ranges, conditions and uploads in parts; each signature is checked. */
export async function startS3(): Promise<S3Server> {
  const objects = new Map<string, S3Object>()
  const uploads = new Map<string, Upload>()
  const state: S3Server = {
    endpoint: '',
    objects,
    uploads,
    asked: [],
    refused: [],
    fault: () => undefined,
    stop: async () => {},
  }
  const server: Server = createServer((request, response) => {
    answer(request, response, state, uploads).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  state: S3Server,
  uploads: Map<string, Upload>,
): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const body = Buffer.concat(pieces)
  const method = request.method as string
  const [path = '', search = ''] = (request.url as string).split('?')
  const query = new URLSearchParams(search)
  const send = (status: number, text: string | Buffer = '', headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-length': Buffer.byteLength(text), ...headers })
    response.end(method === 'HEAD' ? '' : text)
  }
  const refuse = (status: number, code: string, message = ''): void =>
    send(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)

  const wrong = await signatureFault(request, path, search, body)
  if (wrong !== undefined) {
    state.refused.push(wrong)
    return refuse(403, 'SignatureDoesNotMatch', wrong)
  }
  const asked = `${method} ${request.url}`
  state.asked.push(asked)
  const fault = state.fault(asked)
  if (fault === 'break') return void response.destroy()
  if (fault !== undefined) return send(fault.status, fault.body)

  const key = decodeURIComponent(path)
  if (!key.startsWith('/bucket/')) return refuse(404, 'NoSuchBucket', 'The &quot;bucket&quot; is not here')
  if (key === '/bucket/') return send(200)
  const etagOf = async (content: Buffer): Promise<string> => `"${(await digest(content)).slice(0, 32)}"`
  const put = async (content: Buffer, type: string): Promise<string> => {
    const etag = await etagOf(content)
    state.objects.set(key, { body: content, type, etag, modified: new Date(Math.floor(Date.now() / 1000) * 1000) })
    return etag
  }
  const type = request.headers['content-type'] ?? 'binary/octet-stream'
  const uploadId = query.get('uploadId')
  if (method === 'POST' && query.has('uploads')) {
    const id = `upload&${uploads.size}-${crypto.randomUUID()}`
    uploads.set(id, { key, type, parts: new Map() })
    return send(200, `<R><Bucket>bucket</Bucket><UploadId>${id.replace('&', '&amp;')}</UploadId></R>`)
  }
  if (uploadId !== null) {
    const upload = uploads.get(uploadId)
    if (upload === undefined || upload.key !== key) return refuse(404, 'NoSuchUpload')
    if (method === 'DELETE') {
      uploads.delete(uploadId)
      return send(204)
    }
    if (method === 'PUT') {
      const etag = await etagOf(body)
      upload.parts.set(Number(query.get('partNumber')), { body, etag })
      return send(200, '', { etag })
    }
    const listed = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g)]
    const parts = listed.map(([, number, etag = '']) => {
      const part = upload.parts.get(Number(number))
      return part?.etag === etag.replaceAll('&quot;', '"') ? part.body : undefined
    })
    if (parts.includes(undefined) || parts.length === 0) return refuse(400, 'InvalidPart')
    const whole = parts as Buffer[]
    const [first] = whole as [Buffer]
    const isEven = whole.slice(0, -1).every((part) => part.length === first.length && part.length >= MIN_PART)
    if (!isEven) return refuse(400, 'EntityTooSmall')
    uploads.delete(uploadId)
    await put(Buffer.concat(whole), upload.type)
    return send(200, '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
  }
  if (method === 'PUT') return send(200, '', { etag: await put(body, type) })
  if (method === 'DELETE') {
    state.objects.delete(key)
    return send(204)
  }
  const found = state.objects.get(key)
  if (found === undefined) return refuse(404, 'NoSuchKey')
  const match = request.headers['if-match']
  if (match !== undefined && match !== found.etag) return refuse(412, 'PreconditionFailed')
  const headers = { etag: found.etag, 'content-type': found.type, 'last-modified': found.modified.toUTCString() }
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  if (from === undefined) return send(200, found.body, { ...headers, 'content-length': String(found.body.length) })
  const part = found.body.subarray(Number(from), Number(to) + 1)
  send(206, part, { ...headers, 'content-range': `bytes ${from}-${to}/${found.body.length}` })
}

/** Signature Version 4, as its description has it, from what came over the wire; by another cryptography than the client's. */
async function signatureFault(
  { method, headers }: IncomingMessage,
  path: string,
  search: string,
  body: Buffer,
): Promise<string | undefined> {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([\da-f]{64})$/.exec(
      headers.authorization ?? '',
    )
  if (found === null) return 'there is no signature'
  const [, id, day, region, names = '', signature] = found
  if (id !== KEY.accessKeyId || region !== REGION) return 'another key or region'
  const hash = headers['x-amz-content-sha256']
  if (hash !== (await digest(body))) return 'the body is not what was signed'
  const time = String(headers['x-amz-date'])
  const sent = Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!(Math.abs(Date.now() - sent) < 900_000) || !time.startsWith(String(day))) return 'another time'
  const signed = names.split(';')
  const needed = [
    'host',
    ...Object.keys(headers).filter((name) => name.startsWith('x-amz-') || name === 'content-type'),
  ]
  if (needed.some((name) => !signed.includes(name)) || signed.join() !== signed.toSorted().join()) {
    return `signed are ${names}`
  }
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('')
  const canonical = `${method}\n${path}\n${search.split('&').toSorted().join('&')}\n${lines}\n${names}\n${hash}`
  const scope = `${day}/${region}/s3/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${await digest(Buffer.from(canonical))}`
  let key: Uint8Array<ArrayBuffer> = new Uint8Array(Buffer.from(`AWS4${KEY.secretAccessKey}`))
  for (const step of [...scope.split('/'), text]) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
    key = new Uint8Array(await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(step)))
  }
  return Buffer.from(key).toString('hex') === signature ? undefined : `the signature of ${canonical} is another`
}

async function digest(data: Buffer): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(data))).toString('hex')
}
