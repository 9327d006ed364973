import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { get as getHttps } from 'node:https'
import { connect as connectPlainly } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls'
import { api, get } from 'trestle'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CertificateError } from '../../src/wire/certificate.ts'
import { type Tls, type TlsOptions, createTls } from '../../src/wire/tls.ts'
import { Frames } from './frames.ts'
import { type Issued, issueCertificate } from './issue-certificate.ts'
import { type SecureServer, serveSecurely } from './secure-server.ts'

/** Certificates that are read, refused and read anew, and what is agreed on in the handshake. */

const app = api({ hello: get('/hello', () => 'hello') })
const pace = { settle: 20, poll: 100 }

let folder: string
let told: string[]
let server: SecureServer | undefined
let sockets: TLSSocket[]

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'trestle-tls-'))
  told = []
  server = undefined
  sockets = []
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await server?.stop()
  rmSync(folder, { recursive: true })
})

const at = (name: string): string => path.join(folder, name)

/** Writes a pair and gives the paths. */
function pair({ cert, key }: Issued, place = ''): { cert: string; key: string } {
  const files = { cert: at(path.join(place, 'cert.pem')), key: at(path.join(place, 'key.pem')) }
  mkdirSync(at(place), { recursive: true })
  writeFileSync(files.cert, cert)
  writeFileSync(files.key, key)
  return files
}

async function serveWith(options: TlsOptions): Promise<SecureServer> {
  server = await serveSecurely(app, options, { report: (error) => told.push((error as Error).message), pace })
  return server
}

/** What a handshake comes to: the socket, or the error that ended it. */
function shake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket | Error> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    sockets.push(socket)
    socket.on('error', resolve)
    // A server of TLS 1.3 says no after the client has said yes.
    socket.once('secureConnect', () => setTimeout(() => resolve(socket), 50))
  })
}

/** The name that the certificate of a new connection is for. */
async function served(): Promise<string | string[] | undefined> {
  const socket = (await shake(server?.port as number)) as TLSSocket
  return socket.getPeerCertificate().subject.CN
}

function start(options: TlsOptions): Tls {
  return createTls(options, () => {})
}

test.each([
  [{}, 'TLSv1.3'],
  [{ maxVersion: 'TLSv1.2' }, 'TLSv1.2'],
] as const)('%o is spoken as %s', async (options, version) => {
  const { port } = await serveWith(issueCertificate())
  const socket = (await shake(port, options)) as TLSSocket
  expect(socket.getProtocol()).toBe(version)
})

test.each(['TLSv1', 'TLSv1.1'] as const)('%s is not spoken', async (version) => {
  const { port } = await serveWith(issueCertificate())
  const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }
  expect(await shake(port, old)).toBeInstanceOf(Error)
  expect(() => start({ ...issueCertificate(), minVersion: version as 'TLSv1.2' })).toThrow(
    `tls.minVersion is "${version}": use "TLSv1.2" or "TLSv1.3", older ones are not safe`,
  )
})

test('where 1.3 is the least, 1.2 is not spoken', async () => {
  const { port } = await serveWith({ ...issueCertificate(), minVersion: 'TLSv1.3' })
  expect(await shake(port, { maxVersion: 'TLSv1.2' })).toBeInstanceOf(Error)
})

test('one port speaks HTTP/2 and HTTP/1.1, as the caller asks (RFC 7301)', async () => {
  const authority = issueCertificate({ name: 'authority' })
  const { port } = await serveWith(pair(issueCertificate({ by: authority })))
  const old = await new Promise<string>((resolve, reject) => {
    getHttps({ port, host: 'localhost', ca: authority.cert, agent: false }, (reply) =>
      reply.on('data', (bytes) => resolve(String(bytes))),
    ).on('error', reject)
  })
  expect(old).toBe('HTTP/1.1')

  const session = connectHttp2(`https://localhost:${port}`, { ca: authority.cert })
  const status = await new Promise((resolve) =>
    session.request({ ':path': '/hello' }).on('response', (headers) => resolve(headers[':status'])),
  )
  expect([session.alpnProtocol, status]).toEqual(['h2', 200])
  session.destroy()

  const other = await shake(port, { ALPNProtocols: ['ftp'] })
  expect(other).toBeInstanceOf(Error)
})

test('HTTP/2 can be left out', async () => {
  const { port } = await serveWith({ ...issueCertificate(), http2: false })
  const socket = (await shake(port, { ALPNProtocols: ['h2', 'http/1.1'] })) as TLSSocket
  expect(socket.alpnProtocol).toBe('http/1.1')
})

test('an encrypted key is opened', async () => {
  const { port } = await serveWith({ ...pair(issueCertificate({ passphrase: 'sesame' })), passphrase: 'sesame' })
  expect(await shake(port)).not.toBeInstanceOf(Error)
})

test('with authorities, a caller has to show a certificate of theirs', async () => {
  const authority = issueCertificate({ name: 'authority' })
  const { port } = await serveWith({ ...issueCertificate(), ca: authority.cert })
  expect(await shake(port, { maxVersion: 'TLSv1.2' })).toBeInstanceOf(Error)
  const { cert, key } = issueCertificate({ name: 'stranger' })
  expect(await shake(port, { cert, key, maxVersion: 'TLSv1.2' })).toBeInstanceOf(Error)
  const known = issueCertificate({ name: 'known', by: authority })
  const socket = await shake(port, { cert: known.cert, key: known.key, maxVersion: 'TLSv1.2' })
  expect(socket).not.toBeInstanceOf(Error)
})

test('a handshake that does not end is not waited for', async () => {
  server = await serveSecurely(app, issueCertificate(), { limits: { headerTimeout: 200 } })
  const mute = connectPlainly(server.port, '127.0.0.1')
  mute.on('error', () => {})
  const begun = performance.now()
  await new Promise((resolve) => mute.once('close', resolve))
  expect(performance.now() - begun).toBeLessThan(1200)
})

test('what cannot be served is refused at start, by the file, with the mend', () => {
  const good = pair(issueCertificate())
  const other = pair(issueCertificate({ name: 'other' }), 'other')
  const locked = pair(issueCertificate({ passphrase: 'sesame' }), 'locked')
  writeFileSync(at('empty.pem'), '')
  writeFileSync(at('broken.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  writeFileSync(at('broken-key.pem'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')
  const says = (options: TlsOptions): string => {
    try {
      start(options).close()
    } catch (error) {
      expect(error).toBeInstanceOf(CertificateError)
      return (error as Error).message.replaceAll(folder, '')
    }
    return 'nothing'
  }
  expect(says(good)).toBe('nothing')
  expect(says({ ...good, cert: at('none.pem') })).toBe(
    'tls.cert: there is no file /none.pem: check the path, which is taken from the folder that the process was started in',
  )
  expect(says({ ...good, key: at('none.pem') })).toMatch(/^tls\.key: there is no file \/none\.pem/)
  expect(says({ ...good, ca: at('none.pem') })).toMatch(/^tls\.ca: there is no file \/none\.pem/)
  expect(says({ ...good, cert: folder })).toMatch(/^tls\.cert: {2}cannot be read: EISDIR/)
  expect(says({ cert: good.key, key: good.cert })).toBe(
    'tls.cert: /key.pem holds no certificate: it holds a private key: are tls.cert and tls.key the wrong way round?',
  )
  expect(says({ ...good, key: good.cert })).toMatch(
    /^tls\.key: \/cert\.pem holds no private key: it holds a certificate/,
  )
  expect(says({ ...good, cert: at('empty.pem') })).toBe(
    'tls.cert: /empty.pem holds no certificate: give a file in PEM form, which has a line "-----BEGIN CERTIFICATE-----"',
  )
  expect(says({ ...good, cert: at('broken.pem') })).toBe(
    'tls.cert: a certificate in /broken.pem is broken: copy it anew',
  )
  // OpenSSL would take the first, and the callers of the second be refused.
  const [first, second] = [readFileSync(good.cert, 'utf8'), readFileSync(other.cert, 'utf8')]
  for (const length of [1, 5, 14, 27, 28, 300, second.trimEnd().length - 1]) {
    writeFileSync(at('half.pem'), first + second.slice(0, length))
    expect(says({ ...good, ca: at('half.pem') })).toBe('tls.ca: a certificate in /half.pem is broken: copy it anew')
    expect(says({ ...good, cert: at('half.pem') })).toBe('tls.cert: a certificate in /half.pem is broken: copy it anew')
  }
  writeFileSync(at('half.pem'), first.slice(30) + second)
  expect(says({ ...good, ca: at('half.pem') })).toBe('tls.ca: a certificate in /half.pem is broken: copy it anew')
  writeFileSync(at('told.pem'), `Ours\n----\n- of 2026\n${first}\nTheirs\n-----\n${second}\n---\n`)
  expect(says({ ...good, ca: at('told.pem'), cert: at('told.pem') })).toBe('nothing')
  writeFileSync(at('both.pem'), readFileSync(other.cert, 'utf8') + readFileSync(good.cert, 'utf8'))
  expect(says({ ...good, ca: at('both.pem') })).toBe('nothing')
  expect(says({ ...good, key: at('broken-key.pem') })).toBe(
    'tls.key: the private key in /broken-key.pem is broken: copy it anew',
  )
  expect(says({ ...good, key: other.key })).toBe(
    'tls.key: /other/key.pem is not the key of the certificate in /cert.pem, which is for DNS:localhost, ' +
      'IP Address:127.0.0.1: give the key that the certificate was issued for',
  )
  expect(says(locked)).toBe('tls.key: /locked/key.pem is encrypted: give what opens it as tls.passphrase')
  expect(says({ ...locked, passphrase: 'open' })).toBe(
    'tls.passphrase does not open /locked/key.pem: give the one that it was made with',
  )
})

test('a certificate whose time is not now is served, and told', async () => {
  const day = 86_400_000
  const past = { from: new Date('2020-01-01'), until: new Date('2021-02-03') }
  const { port } = await serveWith(pair(issueCertificate(past)))
  expect(told.map((message) => message.replaceAll(folder, ''))).toEqual([
    'tls.cert: /cert.pem expired on 2021-02-03: callers refuse it; renew it',
  ])
  expect(await shake(port)).not.toBeInstanceOf(Error)
  const later: string[] = []
  const early = issueCertificate({ from: new Date(Date.now() + day), until: new Date(Date.now() + 2 * day) })
  createTls(early, (error) => later.push((error as Error).message)).close()
  expect(later[0]).toMatch(/^tls\.cert: the text in tls\.cert is not valid before \d{4}-\d\d-\d\d: callers refuse it/)
})

test('files that are written anew are served to new connections, and open ones live on', async () => {
  const files = pair(issueCertificate({ name: 'first' }))
  const { port } = await serveWith(files)
  expect(await served()).toBe('first')
  const open = await Frames.open(port)
  pair(issueCertificate({ name: 'second' }))
  await expect.poll(served).toBe('second')
  expect(open.closed).toBe(false)
  open.end()
  expect(told).toEqual([])
})

test('a pair that does not fit is told once, and the old one stays until the other half is there', async () => {
  const files = pair(issueCertificate({ name: 'first' }))
  await serveWith(files)
  const next = issueCertificate({ name: 'second' })
  writeFileSync(files.cert, next.cert)
  await expect.poll(() => told.length).toBe(1)
  expect(told[0]).toMatch(/^tls\.key: .* is not the key of the certificate/)
  await new Promise((resolve) => setTimeout(resolve, 3 * pace.poll))
  expect([told.length, await served()]).toEqual([1, 'first'])
  writeFileSync(files.key, next.key)
  await expect.poll(served).toBe('second')
  rmSync(files.cert)
  await expect.poll(() => told.length).toBe(2)
  expect([await served(), told[1]]).toEqual(['second', expect.stringContaining('there is no file')])
})

test('links that are changed as Kubernetes does it are followed', async () => {
  pair(issueCertificate({ name: 'first' }), '..2026_01')
  symlinkSync('..2026_01', at('..data'))
  symlinkSync('..data/cert.pem', at('tls.crt'))
  symlinkSync('..data/key.pem', at('tls.key'))
  await serveWith({ cert: at('tls.crt'), key: at('tls.key') })
  pair(issueCertificate({ name: 'second' }), '..2026_02')
  symlinkSync('..2026_02', at('..data_tmp'))
  renameSync(at('..data_tmp'), at('..data'))
  rmSync(at('..2026_01'), { recursive: true })
  await expect.poll(served).toBe('second')
  expect(told).toEqual([])
})

test('links into another folder are followed too, as certbot has them, and so is what changes there', async () => {
  const files = pair(issueCertificate({ name: 'first' }), 'archive')
  mkdirSync(at('live'))
  symlinkSync(files.cert, at('live/fullchain.pem'))
  symlinkSync(files.key, at('live/privkey.pem'))
  await serveWith({ cert: at('live/fullchain.pem'), key: at('live/privkey.pem') })
  // Nobody watches that folder: only the look at every file finds it.
  pair(issueCertificate({ name: 'second' }), 'archive')
  await expect.poll(served).toBe('second')
  const third = pair(issueCertificate({ name: 'third' }), 'archive/3')
  for (const [link, target] of [
    ['live/fullchain.pem', third.cert],
    ['live/privkey.pem', third.key],
  ] as const) {
    rmSync(at(link))
    symlinkSync(target, at(link))
  }
  await expect.poll(served).toBe('third')
})

test('a link that leads to itself is told once, and the old one stays until there is a file again', async () => {
  const files = pair(issueCertificate({ name: 'first' }))
  await serveWith(files)
  rmSync(files.cert)
  symlinkSync('cert.pem', files.cert)
  await expect.poll(() => told.length).toBe(1)
  expect(told[0]).toMatch(/^tls\.cert: .* cannot be read: ELOOP/)
  await new Promise((resolve) => setTimeout(resolve, 3 * pace.poll))
  expect([told.length, await served()]).toEqual([1, 'first'])
  rmSync(files.cert)
  pair(issueCertificate({ name: 'second' }))
  await expect.poll(served).toBe('second')
})

test('so is a folder that may not be entered any more', async () => {
  await serveWith(pair(issueCertificate({ name: 'first' }), 'closed'))
  chmodSync(at('closed'), 0)
  // Root may enter everything.
  const isRoot = process.geteuid?.() === 0
  try {
    if (isRoot) process.seteuid?.(65_534)
    await expect.poll(() => told.length).toBe(1)
    expect(told[0]).toMatch(/^tls\.cert: .* may not be read by the user of this process/)
    await new Promise((resolve) => setTimeout(resolve, 3 * pace.poll))
    expect([told.length, await served()]).toEqual([1, 'first'])
  } finally {
    if (isRoot) process.seteuid?.(0)
    chmodSync(at('closed'), 0o700)
  }
  pair(issueCertificate({ name: 'second' }), 'closed')
  await expect.poll(served).toBe('second')
})

test('a folder in which something always changes is looked at all the same', async () => {
  await serveWith(pair(issueCertificate({ name: 'first' })))
  const restless = setInterval(() => writeFileSync(at('log'), String(performance.now())), 5)
  pair(issueCertificate({ name: 'second' }))
  await expect.poll(served).toBe('second')
  clearInterval(restless)
})
