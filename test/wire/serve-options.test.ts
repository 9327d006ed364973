import { api, depends, get } from 'trestle'
import { type ServeOptions, serve } from 'trestle/node'
import { expect, test } from 'vitest'

test.each<[string, object, string]>([
  ['a port that is text', { port: '8000' }, 'port takes a whole number from 0 to 65535, not "8000"'],
  ['a port beyond the last', { port: 65_536 }, 'port takes a whole number from 0 to 65535, not 65536'],
  ['a port below the first', { port: -1 }, 'port takes a whole number from 0 to 65535, not -1'],
  ['part of a port', { port: 80.5 }, 'port takes a whole number from 0 to 65535, not 80.5'],
  ['no port', { port: Number.NaN }, 'port takes a whole number from 0 to 65535, not NaN'],
  ['a host that is a number', { host: 127 }, 'host takes the text of an address, not 127'],
  ['an empty path', { path: '' }, 'path takes the path of a unix socket, not ""'],
  ['no deadline', { deadline: Number.NaN }, 'deadline takes milliseconds from 0 to 2147483647, not NaN'],
  ['an endless deadline', { deadline: Infinity }, 'deadline takes milliseconds from 0 to 2147483647, not Infinity'],
  ['a drain that is over', { drain: -1 }, 'drain takes milliseconds from 0 to 2147483647, not -1'],
  ['a drain that is text', { drain: '5s' }, 'drain takes milliseconds from 0 to 2147483647, not "5s"'],
  ['a drain that is null', { drain: null }, 'drain takes milliseconds from 0 to 2147483647, not null'],
  ['an empty host, which would be every address', { host: '' }, 'host takes the text of an address, not ""'],
  [
    'a unix socket with a port',
    { path: '/tmp/no.sock' },
    'path is a unix socket in the place of port and host: leave out the one or the others',
  ],
  [
    'an option that there is none of',
    { prot: 8000 },
    'serve: there is no "prot"; there are port, host, path, tls, engine, limits, overload, quiet, development, report, ' +
      'proxy, upgrade, deadline, drain, backend, override, signals',
  ],
  ['what is no switch', { development: 'false' }, 'development takes true or false, not "false"'],
  ['limits that are null', { limits: null }, 'limits takes { headerBytes, … }, not null'],
  ['a switch for overload', { overload: true }, 'overload takes { concurrency, delay }, or false, not true'],
  ['overrides that are no list', { override: {} }, 'override takes a list of pairs, not an object'],
  ['TLS without a certificate', { tls: {} }, 'tls.cert is missing: it takes the path of a PEM file, or its text'],
  [
    'a certificate without its key',
    { tls: { cert: 'cert.pem' } },
    'tls.key is missing: it takes the path of a PEM file, or its text',
  ],
  [
    'a certificate in bytes',
    { tls: { cert: new Uint8Array(1), key: 'key.pem' } },
    'tls.cert takes the path of a PEM file, or its text, not an object',
  ],
  [
    'an option of TLS that there is none of',
    { tls: { cert: 'cert.pem', key: 'key.pem', minversion: 'TLSv1.3' } },
    'tls: there is no "minversion"; there are cert, key, passphrase, ca, minVersion, http2',
  ],
  [
    'an authority that is null',
    { tls: { cert: 'cert.pem', key: 'key.pem', ca: null } },
    'tls.ca takes the path of a PEM file, or its text, not null',
  ],
  ['TLS that is null', { tls: null }, 'tls takes { cert, key, … }, not null'],
  [
    'an option of proxies that there is none of',
    { proxy: { trusted: ['loopback'] } },
    'proxy: there is no "trusted"; there are trust, headers, prefix',
  ],
  [
    'a network that is no list',
    { proxy: { trust: 'loopback' } },
    'proxy: trust takes a list of networks, not "loopback"',
  ],
  ['a prefix that is a number', { proxy: { prefix: 5 } }, 'proxy: 5 is no prefix: write "/api"'],
  [
    'a pair of overrides without a dependency',
    { override: [[undefined, 1]] },
    'override takes pairs [dependency, what stands in its place], and one has no dependency',
  ],
  [
    'a backend that is none',
    { backend: { name: 'own' } },
    'backend takes text such as "redis://…", or a backend, not an object',
  ],
  ['a report that is none', { report: console }, 'report takes a function (error, about) => …, not an object'],
])('%s is refused before anything is made', async (_, options, message) => {
  let made = 0
  const early = depends({}, () => ++made, { scope: 'app', eager: true })
  const app = api({ read: get('/', { use: { early } }, () => 'tea') })
  const start = serve(app, { port: 0, quiet: true, signals: false, ...options } as ServeOptions)
  await expect(start).rejects.toThrow(new TypeError(message))
  expect(made).toBe(0)
})

test.each([
  [null, 'null'],
  [8000, '8000'],
  [[], 'a list'],
])('options that are %o are refused', async (options, said) => {
  const start = serve(api({ read: get('/', () => 'tea') }), options as unknown as ServeOptions)
  await expect(start).rejects.toThrow(new TypeError(`serve takes { port, … } after the API, not ${said}`))
})

test('options are looked at wherever their object has them from', async () => {
  class Configuration {
    get port(): string {
      return '8000'
    }
  }
  const start = serve(api({ read: get('/', () => 'tea') }), new Configuration() as unknown as ServeOptions)
  await expect(start).rejects.toThrow(new TypeError('port takes a whole number from 0 to 65535, not "8000"'))
})

test('what is undefined counts as not given', async () => {
  const given = { host: undefined, limits: { headerBytes: undefined }, overload: { delay: undefined } }
  const app = api({ read: get('/', () => 'tea') })
  const server = await serve(app, { port: 0, quiet: true, signals: false, ...(given as unknown as ServeOptions) })
  const [small, large] = await Promise.all(
    [16_000, 17_000].map((octets) => fetch(server.url, { headers: { 'x-long': 'v'.repeat(octets) } })),
  )
  expect([small?.status, large?.status]).toEqual([200, 431])
  await server.stop()
})
