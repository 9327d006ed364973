import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { api, created, file, get, group, multipart, ok, post, upload } from 'trestle'
import { createClient } from 'trestle/client'
import { type Server, serve } from 'trestle/node'
import { folder, s3 } from 'trestle/storage'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { KEY, REGION, type S3Server, startS3 } from '../storage/s3-server.ts'
import { issueCertificate } from '../wire/issue-certificate.ts'
import { PNG, covers, fileField, formOf, ownTemporaryFolder } from './covers.ts'

const temporary = ownTemporaryFolder()
const large = randomBytes(20_000_000)
const sha256 = createHash('sha256').update(large).digest('hex')
let work: string
let bucket: S3Server

beforeAll(async () => {
  work = mkdtempSync(path.join(tmpdir(), 'trestle-clients-'))
  writeFileSync(path.join(work, 'cover.png'), PNG)
  writeFileSync(path.join(work, 'large.bin'), large)
  bucket = await startS3()
})
afterAll(async () => {
  await bucket.stop()
  rmSync(work, { recursive: true, force: true })
})

const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false, deadline: 500 } as const

describe.each(['trestle', 'node'] as const)('on the engine "%s"', (engine) => {
  let server: Server
  beforeAll(async () => {
    server = await serve(covers, { ...options, engine })
  })
  afterAll(async () => {
    await server.stop()
    expect(temporary.left()).toEqual([])
  })

  const curl = async (...args: string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)('curl', ['-sS', ...args], { cwd: work })
    return JSON.parse(stdout)
  }

  test('curl -F', async () => {
    const sent = ['--form-string', 'title=Tea; "milk"', '-F', 'tags=a', '-F', 'tags=b', '-F', 'cover=@cover.png']
    expect(await curl(`${server.url}/covers`, ...sent, '-F', 'pages=@cover.png;filename=a"b.png')).toMatchObject({
      title: 'Tea; "milk"',
      tags: ['a', 'b'],
      cover: { name: 'cover.png', type: 'image/png', size: PNG.length, inFile: false },
      pages: [{ name: 'ab.png', sentName: 'a"b.png', type: 'image/png' }],
    })
    expect(await curl(`${server.url}/covers`, ...sent, '-F', 'pages=@large.bin')).toMatchObject({
      status: 413,
      errors: [{ pointer: '/body/pages' }],
    })
  })

  test('curl -F of a file that it reads as it sends, and that waits for 100', async () => {
    const sent = ['-F', 'file=<large.bin', '-H', 'Expect: 100-continue', '-H', 'Transfer-Encoding: chunked']
    expect(await curl(`${server.url}/any`, ...sent)).toMatchObject({ size: large.length, length: large.length })
  })

  test('fetch with FormData', async () => {
    const body = new FormData()
    body.append('file', new File([large], 'grün "1".bin'))
    const reply = await fetch(`${server.url}/any`, { method: 'POST', body })
    expect(await reply.json()).toEqual({
      name: 'grün 1.bin',
      sentName: 'grün "1".bin',
      type: 'application/octet-stream',
      size: large.length,
      inFile: true,
      length: large.length,
    })
  })

  test('the typed client', async () => {
    const client = createClient<typeof covers>(server.url)
    const reply = await client.create({
      body: {
        title: 'Tea',
        copies: 2,
        tags: ['a', 'b'],
        cover: new File([PNG], 'cover.png', { type: 'image/png' }),
        pages: [new Blob(['1']), new File(['2'], '2.txt', { type: 'text/plain' })],
      },
    })
    expect(reply).toMatchObject({
      title: 'Tea',
      copies: 2,
      tags: ['a', 'b'],
      cover: { name: 'cover.png', type: 'image/png', sha256: createHash('sha256').update(PNG).digest('hex') },
      pages: [
        { name: 'blob', size: 1, type: 'application/octet-stream' },
        { name: '2.txt', size: 1, type: 'text/plain' },
      ],
    })
  })
})

test('over HTTP/2', async () => {
  const { cert, key } = issueCertificate()
  const server = await serve(covers, { ...options, tls: { cert, key } })
  const session = connect(`https://127.0.0.1:${server.port}`, { ca: cert, servername: 'localhost' })
  const stream = session.request({
    ':method': 'POST',
    ':path': '/any',
    'content-type': 'multipart/form-data; boundary=b',
  })
  stream.end(formOf([[fileField('file', 'a.bin'), large]]))
  let text = ''
  for await (const piece of stream.setEncoding('utf8')) text += piece
  expect(JSON.parse(text)).toMatchObject({ size: large.length, length: large.length, inFile: true })
  session.close()
  await server.stop()
})

describe.each(['a folder', 'S3'])('an upload that goes to %s', (where) => {
  test('comes back as it was', async () => {
    const files =
      where === 'S3'
        ? s3({ ...KEY, bucket: 'bucket', region: REGION, endpoint: bucket.endpoint })
        : folder(path.join(work, 'files'))
    const Cover = z.object({ id: z.uuid(), title: z.string(), name: z.string(), size: z.int(), sha256: z.string() })
    const app = api({
      covers: group('/covers', {
        create: post(
          '/',
          {
            body: multipart({ title: z.string(), cover: upload({ most: 30_000_000, sha256: true }) }),
            returns: created(Cover),
            use: { files },
          },
          async ({ body: { title, cover }, files }) => {
            const id = crypto.randomUUID()
            await files.put(`covers/${id}`, cover)
            return { id, title, name: cover.name, size: cover.size, sha256: cover.sha256 }
          },
        ),
        read: get('/{id}', { returns: ok(file()), use: { files } }, async ({ params, files }) => {
          return (await files.get(`covers/${params.id}`)) as Blob
        }),
      }),
    })
    const server = await serve(app, options)
    const client = createClient<typeof app>(server.url)
    const { headers, body } = await client.covers.create.reply({
      body: { title: 'Tea', cover: new File([large], 'large.bin') },
    })
    expect(headers.get('location')).toBe(`/covers/${body.id}`)
    expect(body).toMatchObject({ name: 'large.bin', size: large.length, sha256 })
    const back = await client.covers.read({ params: { id: body.id } })
    expect(
      createHash('sha256')
        .update(await back.bytes())
        .digest('hex'),
    ).toBe(sha256)
    await server.stop()
  })
})
