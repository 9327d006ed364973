import { get } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Http2Caller } from '../wire/http2-caller.ts'
import { type Issued, issueCertificate } from '../wire/issue-certificate.ts'
import { type Folder, type Program, createFolder, runTrestle } from './program.ts'

let folder: Folder
const running = new Set<Program>()

beforeEach(async () => {
  folder = await createFolder()
  await folder.write(
    'app.ts',
    `import { api, get } from 'trestle'
export default api({ where: get('/where', ({ request: { url, remoteAddress } }) => ({ url, from: remoteAddress })) })
`,
  )
})

afterEach(async () => {
  for (const program of running) program.signal('SIGKILL')
  running.clear()
  await folder.remove()
})

/** With workers, and without. */
const WAYS = [
  ['alone', []],
  ['in workers', ['--workers', '2']],
] as const

const TLS = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem']

async function writePair({ cert, key }: Issued): Promise<void> {
  // The certificate of a new pair does not fit the old key: it waits for its own.
  await folder.write('cert.pem', cert)
  await folder.write('key.pem', key)
}

async function start(args: readonly string[]): Promise<{ program: Program; url: string; port: number }> {
  const program = runTrestle(folder, ['start', 'app.ts', ...args])
  running.add(program)
  const [, url = '', port] = await program.says(/Listening on (https?:\/\/localhost:(\d+))/)
  return { program, url, port: Number(port) }
}

interface Answer {
  readonly body: string
  /** Whom the certificate is for. */
  readonly name: string
}

function ask(port: number, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/where', headers, agent: false, rejectUnauthorized: false }
    const sent = get(options, (reply) => {
      const { socket } = reply
      const { CN } = (socket as TLSSocket).getPeerCertificate().subject
      reply.on('data', (piece: Buffer) => resolve({ body: piece.toString(), name: String(CN) }))
    })
    sent.on('error', reject)
  })
}

test.each(WAYS)('HTTPS is served on both protocols, %s, and new files are taken up', async (_, args) => {
  await writePair(issueCertificate({ name: 'first' }))
  const { program, url, port } = await start([...TLS, ...args])
  expect(url).toBe(`https://localhost:${port}`)
  const { body, name } = await ask(port, { host: 'shop.test' })
  expect(JSON.parse(body)).toEqual({ url: 'https://shop.test/where', from: '127.0.0.1' })
  expect(name).toBe('first')

  const caller = await Http2Caller.open(port)
  expect(JSON.parse((await caller.get('/where')).body)).toEqual({
    url: `https://localhost:${port}/where`,
    from: '127.0.0.1',
  })

  await writePair(issueCertificate({ name: 'second' }))
  // Each worker takes it up by itself, and which one answers nobody knows: all of the last are new.
  const last: string[] = []
  await expect
    .poll(
      async () => {
        last.push((await ask(port)).name)
        return last.slice(-8).filter((one) => one === 'second').length
      },
      { timeout: 10_000 },
    )
    .toBe(8)
  expect((await caller.get('/where')).status).toBe(200)

  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(caller.session.closed).toBe(true)
  expect(
    program
      .output()
      .split('\n')
      .filter((line) => line !== ''),
  ).toHaveLength(1)
})

test.each(WAYS)('a certificate that cannot be served is said in a sentence, %s', async (_, args) => {
  await writePair({ ...issueCertificate(), key: issueCertificate({ name: 'other' }).key })
  const program = runTrestle(folder, ['start', 'app.ts', ...TLS, ...args])
  running.add(program)
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(/^tls\.key: \S+key\.pem is not the key of the certificate in \S+cert\.pem.*\n$/)
})

test.each(WAYS)('proxies are believed that are named, %s', async (_, args) => {
  const { url } = await start(['--trust-proxy', 'loopback,10.0.0.0/8', '--path-prefix', '/api', ...args])
  const headers = { 'x-forwarded-for': '203.0.113.9, 10.1.1.1', 'x-forwarded-proto': 'https' }
  const reply = await fetch(`${url.replace('localhost', '127.0.0.1')}/where`, { headers })
  expect(await reply.json()).toEqual({
    url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/api\/where$/),
    from: '203.0.113.9',
  })
})
