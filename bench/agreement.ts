import { type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import { type Answered, bodyOf, type Case, headersOf, REFUSED, ROUTES, VARIANTS, WORKLOAD } from './workload.ts'

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/**
 * Holds a server to the workload before it is measured: the same status, body, media type, length
 * and `Location` as every other, and a 4xx for each request that breaks a schema.
 *
 * @returns one line for each difference; none where the server agrees.
 */
export async function disagreements(port: number, more: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const found: string[] = []
  for (const one of [...ROUTES.map((route) => WORKLOAD[route]), ...VARIANTS]) {
    const reply = await exchange(port, one, more)
    for (const difference of differences(one, reply)) found.push(`${one.title}: ${difference}`)
  }
  for (const one of REFUSED) {
    const { status } = await exchange(port, one, more)
    if (status < 400 || status > 499) found.push(`${one.title}: ${status}, where a 4xx was expected`)
  }
  return found
}

function differences(expected: Answered, reply: Reply): string[] {
  const found: string[] = []
  const compare = (what: string, got: unknown, wanted: unknown): void => {
    if (!isDeepStrictEqual(got, wanted)) {
      found.push(`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`)
    }
  }
  compare('status', reply.status, expected.status)
  compare('body', parse(reply.text), expected.reply)
  compare('media type', reply.headers['content-type']?.split(';')[0]?.trim(), 'application/json')
  const length = Buffer.byteLength(JSON.stringify(expected.reply))
  compare('content-length', reply.headers['content-length'], String(length))
  compare('location', reply.headers.location, expected.location)
  return found
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function exchange(port: number, one: Case, more: Readonly<Record<string, string>>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { method, target: path } = one
    const fail = (error: Error): void => reject(new Error(`${one.title}: ${error.message}`))
    const headers = { ...headersOf(one), ...more }
    const options = { host: '127.0.0.1', port, method, path, headers, signal: AbortSignal.timeout(5_000) }
    const sent = request(options, async (reply) => {
      try {
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text: await text(reply) })
      } catch (error) {
        fail(error as Error)
      }
    })
    sent.on('error', fail)
    sent.end(bodyOf(one))
  })
}
