import { type Dependency, depends } from '../../contract/depends.ts'
import { Unavailable } from '../../contract/problems.ts'
import { GENERAL_TYPE, type Storage, checkKey, factsOf, piecesOf } from '../storage.ts'
import { type OpenRange, StoredFile } from '../stored-file.ts'
import { type Bucket, createBucket } from './bucket.ts'
import { partSize, partsOf, putInParts } from './parts.ts'
import type { Signer } from './signature.ts'

/** A text that must not be shown, as `secret(…)` of `trestle/settings` gives it, or the text itself. */
export type Hidden = string | { reveal(): string }

export interface S3Options {
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: Hidden
  /** Of credentials that are only lent. */
  readonly sessionToken?: Hidden
  /** `us-east-1` unless told; `auto` for R2. */
  readonly region?: string
  /** Where another S3 than Amazon's is: `http://127.0.0.1:9000`. The bucket is the first part of the path there. */
  readonly endpoint?: string
  /** What all keys begin with: `covers/`. */
  readonly prefix?: string
  /** What `/readyz` calls it: `storage` unless told. */
  readonly name?: string
}

/**
 * Files in a bucket of S3, or of what speaks as S3 does: MinIO, R2, Ceph. Requests are signed by Signature Version 4; up to
 * 8 MiB are sent in one request, more in parts of that size, of which one is in memory. What cannot be answered is tried
 * four times.
 *
 * @throws {TypeError} for what is no name of a bucket, no address, and no beginning of a key.
 * @throws `unavailable`, 503 with `Retry-After`, in requests: where S3 does not answer.
 * @example
 * const files = s3({ bucket: 'covers', region: 'eu-west-1', accessKeyId: config.keyId, secretAccessKey: config.key })
 */
export function s3(options: S3Options): Dependency<Storage> {
  const { bucket: bucketName, region = 'us-east-1', prefix = '', name = 'storage' } = options
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/i.test(bucketName)) throw new TypeError(`s3: "${bucketName}" is no bucket`)
  if (prefix !== '') checkKey(prefix.replace(/\/$/, ''))
  const place = placeOf(options.endpoint ?? `https://s3.${region}.amazonaws.com`, bucketName)
  const signer: Signer = {
    accessKeyId: options.accessKeyId,
    secretAccessKey: reveal(options.secretAccessKey),
    sessionToken: options.sessionToken === undefined ? undefined : reveal(options.sessionToken),
    region,
  }
  const bucket = createBucket(place, signer)
  return depends({}, () => storageIn(bucket, prefix), {
    scope: 'app',
    name,
    throws: [Unavailable],
    check: async (_, signal) => {
      await bucket.ask({ method: 'HEAD', signal })
    },
  })
}

function storageIn(bucket: Bucket, prefix: string): Storage {
  const keyOf = (key: string): string => {
    checkKey(key)
    return prefix + key
  }
  const storage: Storage = {
    put: async (key, source, { type: given, signal } = {}) => {
      const at = keyOf(key)
      const { type, size } = factsOf(source, given)
      const length = partSize(size)
      const parts = partsOf(piecesOf(source, signal), length)
      try {
        const body = (await parts.next()).value as Uint8Array
        if (body.length < length) {
          const sent = await bucket.ask({ method: 'PUT', key: at, headers: { 'content-type': type }, body, signal })
          await sent.body?.cancel()
        } else await putInParts(bucket, at, after(body, parts), { type, signal })
      } finally {
        await parts.return(undefined)
      }
      return (await storage.get(key)) as StoredFile
    },
    get: async (key) => {
      const at = keyOf(key)
      const found = await bucket.ask({ method: 'HEAD', key: at, answers: [404] })
      if (found.status === 404) return undefined
      const { headers } = found
      const facts = {
        key,
        size: Number(headers.get('content-length')),
        type: headers.get('content-type') ?? GENERAL_TYPE,
        etag: headers.get('etag') ?? '""',
        modified: new Date(headers.get('last-modified') ?? 0),
      }
      return new StoredFile(facts, rangeIn(bucket, at, facts.etag))
    },
    remove: async (key) => {
      const gone = await bucket.ask({ method: 'DELETE', key: keyOf(key), answers: [404] })
      await gone.body?.cancel()
    },
  }
  return storage
}

/** Asked for when somebody reads, and for the file that was told of: another may be there by then. */
function rangeIn(bucket: Bucket, key: string, etag: string): OpenRange {
  return (from, to) => {
    const leave = new AbortController()
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (reader === undefined) {
            const headers = { range: `bytes=${from}-${to - 1}`, 'if-match': etag }
            const found = await bucket.ask({ method: 'GET', key, headers, signal: leave.signal, answers: [412] })
            if (found.status === 412) throw new Error(`${key} was replaced after it was asked for: get() it again`)
            reader = (found.body as ReadableStream<Uint8Array>).getReader()
          }
          const next = await reader.read()
          if (next.done) controller.close()
          else controller.enqueue(next.value)
        },
        cancel: (reason) => leave.abort(reason ?? new Error('nobody reads on')),
      },
      { highWaterMark: 0 },
    )
  }
}

async function* after(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}

/** Amazon has a host for each bucket; names with dots have none that its certificate is for. */
function placeOf(endpoint: string, bucket: string): URL {
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint)) {
    throw new TypeError(`s3: endpoint is an address such as "http://127.0.0.1:9000"`)
  }
  const url = new URL(endpoint)
  if (/^s3\.[\w-]+\.amazonaws\.com$/.test(url.host) && !bucket.includes('.')) {
    return new URL(`${url.protocol}//${bucket}.${url.host}/`)
  }
  return new URL(`${url.origin}${url.pathname.replace(/\/$/, '')}/${bucket}/`)
}

function reveal(hidden: Hidden): string {
  return typeof hidden === 'string' ? hidden : hidden.reveal()
}
