import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { api, get, isProblem, Unavailable } from 'trestle'
import { Secret } from 'trestle/settings'
import { s3 } from 'trestle/storage'
import { createTestClient } from 'trestle/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KEY, REGION } from './s3-server.ts'
import { openInS3 } from './storages.ts'

let opened: Awaited<ReturnType<typeof openInS3>>

beforeEach(async () => {
  opened = await openInS3()
})
afterEach(() => opened.close())

const error = (code: string): string => `<Error><Code>${code}</Code><Message>Not &lt;now&gt;</Message></Error>`

/** Answers the first few requests otherwise. */
function first(count: number, fault: NonNullable<ReturnType<typeof opened.server.fault>>, of = /./): void {
  let left = count
  opened.server.fault = (asked) => (of.test(asked) && left-- > 0 ? fault : undefined)
}

test('what cannot be answered is tried again', async () => {
  first(3, { status: 503, body: error('SlowDown') })
  await opened.storage.put('a', 'a')
  first(2, 'break')
  expect(await (await opened.storage.get('a'))?.text()).toBe('a')
})

test('and given up after four times: that is 503', async () => {
  first(99, { status: 500, body: error('InternalError') })
  const failure = await opened.storage.put('a', 'a').catch((thrown: unknown) => thrown)
  expect(isProblem(failure, Unavailable)).toBe(true)
  expect(String((failure as Error).cause)).toBe('Error: S3: PUT test/a was answered 500 InternalError Not <now>')
  expect(opened.server.asked).toEqual(Array.from({ length: 4 }, () => 'PUT /bucket/test/a'))
})

test('what is refused is not tried again, and says what S3 says', async () => {
  first(99, { status: 403, body: error('AccessDenied') })
  await expect(opened.storage.put('a', 'a')).rejects.toThrow('S3: PUT test/a was answered 403 AccessDenied Not <now>')
  expect(opened.server.asked).toHaveLength(1)
})

test('parts that cannot be sent, or put together, are forgotten', async () => {
  const large = randomBytes(9_000_000)
  first(99, { status: 403, body: error('AccessDenied') }, /^PUT .*partNumber=2/)
  await expect(opened.storage.put('a', large)).rejects.toThrow('AccessDenied')
  expect(opened.server.uploads.size).toBe(0)
  first(1, { status: 200, body: error('InternalError') }, /^POST .*uploadId=/)
  await expect(opened.storage.put('a', large)).rejects.toThrow(
    'S3: test/a was not put together: InternalError Not <now>',
  )
  expect(opened.server.uploads.size).toBe(0)
  expect(await opened.storage.get('a')).toBeUndefined()
  await opened.storage.put('a', large)
  expect(opened.server.objects.get('/bucket/test/a')?.body.equals(large)).toBe(true)
})

test('a redirect is not followed: what is signed is for this host', async () => {
  const other: string[] = []
  const stranger = createServer((request, response) => {
    other.push(request.url as string)
    response.end()
  })
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const moving = createServer((_, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/` }).end()
  })
  await new Promise<void>((resolve) => moving.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(moving.address() as AddressInfo).port}`
  const files = await (s3({ ...KEY, bucket: 'bucket', endpoint }).make({} as never) as typeof opened.storage)
  await expect(files.get('a')).rejects.toThrow('307')
  expect(other).toEqual([])
  moving.close()
  stranger.close()
})

test('where it is away, requests are 503 and /readyz says so; no secret is in any of it', async () => {
  const secretAccessKey = new Secret('very-secret-key')
  const files = s3({
    accessKeyId: 'AKID',
    secretAccessKey,
    bucket: 'bucket',
    endpoint: 'http://127.0.0.1:1',
    name: 'covers',
  })
  const app = api({ read: get('/a', { use: { files } }, async ({ files }) => (await files.get('a'))?.size ?? 0) })
  const { fetch, close, failures } = await createTestClient(app)
  const reply = await fetch('/a')
  expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
  const ready = await (await fetch('/readyz')).text()
  expect(ready).toContain('covers')
  const { inspect } = await import('node:util')
  expect(inspect([failures, ready, await reply.text()], { depth: 9 })).not.toContain('very-secret-key')
  await close()
})

test('a wrong secret is refused by S3', async () => {
  const files = s3({
    ...KEY,
    secretAccessKey: 'other',
    bucket: 'bucket',
    region: REGION,
    endpoint: opened.server.endpoint,
  })
  const storage = await (files.make({} as never) as typeof opened.storage)
  await expect(storage.put('a', 'a')).rejects.toThrow('403 SignatureDoesNotMatch')
  expect(opened.server.refused).toHaveLength(1)
})

test('what cannot be a bucket, an address or a prefix is refused at once', () => {
  expect(() => s3({ ...KEY, bucket: 'a/../b' })).toThrow('s3: "a/../b" is no bucket')
  expect(() => s3({ ...KEY, bucket: 'covers', endpoint: 'localhost:9000' })).toThrow('s3: endpoint is an address')
  expect(() => s3({ ...KEY, bucket: 'covers', prefix: '../other/' })).toThrow('"../other" cannot be a key')
})
