import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '../../contract/problems.ts'
import { type Signer, sha256, sign, uriEscaped } from './signature.ts'

/** A request to a bucket. */
export interface BucketRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** undefined for the bucket itself. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
  /** Statuses that are answers, beside those of 200 to 299. */
  readonly answers?: readonly number[]
}

/** Asks S3. */
export interface Bucket {
  /**
   * @throws Unavailable where it cannot be reached, or says after several tries that it cannot answer.
   * @throws an error with S3's own code for any other answer.
   */
  ask(request: BucketRequest): Promise<Response>
}

/** How often a request is sent that cannot be answered, and milliseconds before the second; each next takes twice as long. */
const TRIES = 4
const PAUSE = 100
/** Milliseconds until an answer begins: time to send a part at 70 KB/s. */
const ANSWER_TIME = 120_000

/** @param place where keys begin: `https://bucket.s3.eu-west-1.amazonaws.com/`, or `https://host/bucket/`. */
export function createBucket(place: URL, signer: Signer): Bucket {
  const once = async ({ method, key, query, headers, body, signal }: BucketRequest): Promise<Response> => {
    const path = key === undefined ? '' : key.split('/').map(uriEscaped).join('/')
    const url = new URL(place.href + path)
    url.search = Object.entries(query ?? {})
      .map(([name, value]) => `${uriEscaped(name)}=${uriEscaped(value)}`)
      .join('&')
    const signed = sign({ method, url, headers: headers ?? {}, bodyHash: sha256(body ?? '') }, signer, new Date())
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new Error(`no answer within ${ANSWER_TIME} ms`)), ANSWER_TIME)
    try {
      return await fetch(url, {
        method,
        headers: signed,
        // What is signed is for this host alone.
        redirect: 'manual',
        signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      })
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    ask: async (request) => {
      const what = `S3: ${request.method} ${request.key ?? 'the bucket'}`
      for (let tried = 1; ; tried++) {
        let cause: unknown
        try {
          const response = await once(request)
          if (response.ok || request.answers?.includes(response.status)) return response
          const text = await response.text()
          const told = `${what} was answered ${response.status} ${elementText(text, 'Code') ?? ''} ${elementText(text, 'Message') ?? ''}`
          cause = new Error(told.trimEnd())
          if (response.status < 500 && response.status !== 429) throw new Refused(told.trimEnd())
        } catch (error) {
          request.signal?.throwIfAborted()
          if (error instanceof Refused) throw error
          cause = error
        }
        if (tried === TRIES)
          throw Unavailable({ detail: 'The storage does not answer', headers: { 'retry-after': '1' }, cause })
        await sleep(PAUSE * 2 ** (tried - 1) * (0.5 + Math.random()), undefined, { signal: request.signal })
      }
    },
  }
}

/** S3 has answered, and will answer the same again. */
class Refused extends Error {}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The text of the first element of a name in S3's XML, which has no attributes and no CDATA. */
export function elementText(xml: string, name: string): string | undefined {
  const from = xml.indexOf(`<${name}>`)
  const to = xml.indexOf(`</${name}>`, from)
  if (from === -1 || to === -1) return undefined
  const text = xml.slice(from + name.length + 2, to)
  return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-f]{1,6}));/gi, (all, entity, decimal, hex) => {
    if (entity !== undefined) return ENTITIES[entity.toLowerCase()] as string
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : all
  })
}
