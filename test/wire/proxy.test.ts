import { isIPv6, connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { api, get } from 'trestle'
import { type ProxyOptions, type Server, serve } from 'trestle/node'
import { afterEach, describe, expect, test } from 'vitest'
import { createProxy } from '../../src/wire/proxy.ts'
import { Connection } from '../matrix/connection.ts'

const where = api({
  where: get('/where', ({ request: { remoteAddress, url, prefix } }) => ({ address: remoteAddress, url, prefix })),
})

const running: Server[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

async function start(proxy: ProxyOptions | undefined, host = '127.0.0.1'): Promise<Server> {
  const server = await serve(where, { port: 0, host, quiet: true, signals: false, ...(proxy && { proxy }) })
  running.push(server)
  return server
}

/** Sends header lines as they are, from 127.0.0.1. */
async function send(server: Server, ...lines: string[]): Promise<{ status: number; body: string }> {
  const connection = await Connection.open(server.port)
  connection.write(['GET /where HTTP/1.1', 'Host: inside:8000', ...lines, '', ''].join('\r\n'))
  const reply = await connection.reply('GET')
  connection.end()
  if (reply === undefined) throw new Error('no reply')
  return { status: reply.status, body: reply.body.toString() }
}

async function ask(server: Server, ...lines: string[]): Promise<unknown> {
  const { status, body } = await send(server, ...lines)
  expect(status).toBe(200)
  return JSON.parse(body)
}

/** What a server that trusts proxies on its own machine, in 10.0.0.0/8 and fd00::/8 makes of these lines. */
async function asked(headers: ProxyOptions['headers'], ...lines: string[]): Promise<unknown> {
  const trust = ['loopback', '10.0.0.0/8', 'fd00::/8']
  return ask(await start({ trust, ...(headers && { headers }) }), ...lines)
}

const spoofs = [
  'X-Forwarded-For: 6.6.6.6',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Port: 444',
  'X-Forwarded-Prefix: /evil',
  'Forwarded: for=6.6.6.6;proto=https;host=evil.example',
]
const direct = { address: '127.0.0.1', url: 'http://inside:8000/where', prefix: '' }

describe('what is said by somebody who is not trusted counts for nothing', () => {
  test.each<[string, ProxyOptions | undefined]>([
    ['without the option', undefined],
    ['with no networks', { prefix: '' }],
    ['with other networks', { trust: ['10.0.0.0/8', 'fd00::/8', 'private'] }],
    ['with other networks and Forwarded', { trust: ['10.0.0.0/8'], headers: 'forwarded' }],
    ['over TCP where unix sockets are trusted', { trust: ['unix'] }],
    ['with the address beside it', { trust: ['127.0.0.2'] }],
  ])('%s', async (_, proxy) => {
    expect(await ask(await start(proxy), ...spoofs)).toEqual(direct)
  })

  test('one address of a network may be trusted', async () => {
    const server = await start({ trust: ['127.0.0.2', '203.0.113.0/24'] })
    const from = (localAddress: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port: server.port, host: '127.0.0.1', localAddress })
        socket.on('error', reject)
        socket.on('data', (bytes) => {
          socket.destroy()
          resolve(JSON.parse(bytes.toString().split('\r\n\r\n')[1] as string).address)
        })
        socket.write('GET /where HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n')
      })
    expect(await from('127.0.0.2')).toBe('198.51.100.7')
    expect(await from('127.0.0.3')).toBe('127.0.0.3')
  })
})

describe('X-Forwarded-For', () => {
  test.each([
    ['one proxy', '198.51.100.7', '198.51.100.7'],
    ['one proxy, which was told a story', '6.6.6.6, 198.51.100.7', '198.51.100.7'],
    ['three proxies', '6.6.6.6, 198.51.100.7, 10.0.0.1, fd00::1', '198.51.100.7'],
    ['a caller among the trusted', '10.0.0.9', '10.0.0.9'],
    ['trusted ones alone: the furthest', '10.9.9.9, 10.0.0.1', '10.9.9.9'],
    ['trusted ones that a caller made up', '10.9.9.9, 198.51.100.7', '198.51.100.7'],
    ['with ports', '6.6.6.6:1, 198.51.100.7:4711, 10.0.0.1:80', '198.51.100.7'],
    ['IPv6', '2001:DB8:0:0::7', '2001:db8::7'],
    ['IPv6 in brackets', '[2001:db8::7]', '2001:db8::7'],
    ['IPv6 with a port', '6.6.6.6, [2001:db8::7]:4711, [fd00::1]:80', '2001:db8::7'],
    ['IPv4 in IPv6', '6.6.6.6, ::ffff:198.51.100.7, ::ffff:10.0.0.1, ::FFFF:a00:2', '198.51.100.7'],
    ['spaces and tabs', '6.6.6.6 ,\t198.51.100.7\t ,  10.0.0.1 ', '198.51.100.7'],
  ])('%s', async (_, list, address) => {
    expect(await asked(undefined, `X-Forwarded-For: ${list}`)).toEqual({ ...direct, address })
  })

  test('several lines are one list', async () => {
    const lines = ['X-Forwarded-For: 6.6.6.6', 'x-forwarded-for: 198.51.100.7, 10.0.0.2', 'X-FORWARDED-FOR: 10.0.0.1']
    expect(await asked(undefined, ...lines)).toMatchObject({ address: '198.51.100.7' })
  })

  test.each([
    'unknown',
    '_hidden',
    '',
    '198.51.100',
    '198.51.100.256',
    '0198.51.100.7',
    '0x7f.1',
    '3325256711',
    '198.51.100.7 10.0.0.3',
    '198.51.100.7:',
    '198.51.100.7:123456',
    '198.51.100.7/32',
    '"198.51.100.7"',
    'fe80::1%eth0',
    '[fe80::1%25eth0]',
    '[2001:db8::7',
    '[198.51.100.7]',
    '2001:db8::7]',
    '::ffff:198.51.100.256',
    '\xa0198.51.100.7',
    '198.51.100.7;',
    'for=198.51.100.7',
    'a.example',
  ])('"%s" ends the walk at the proxy that said it', async (item) => {
    const list = `X-Forwarded-For: 6.6.6.6, ${item}, 10.0.0.1`
    expect(await asked(undefined, list)).toMatchObject({ address: '10.0.0.1' })
    expect(await asked(undefined, `X-Forwarded-For: 6.6.6.6, ${item}`)).toMatchObject({ address: '127.0.0.1' })
  })
})

describe('X-Forwarded-Proto, -Host and -Port', () => {
  test.each([
    ['nothing but the address', [], 'http://inside:8000/where'],
    ['scheme', ['Proto: https'], 'https://inside:8000/where'],
    ['scheme in capitals', ['Proto: HTTPS'], 'https://inside:8000/where'],
    ['host', ['Host: api.example'], 'http://api.example/where'],
    ['host and port', ['Host: api.example:8443', 'Proto: https'], 'https://api.example:8443/where'],
    ['IPv6 host', ['Host: [2001:db8::1]', 'Port: 81', 'Proto: http'], 'http://[2001:db8::1]:81/where'],
    ['a port of its own', ['Host: api.example', 'Port: 8443', 'Proto: https'], 'https://api.example:8443/where'],
    ['443 of https', ['Host: api.example', 'Port: 443', 'Proto: https'], 'https://api.example/where'],
    ['80 of http', ['Host: api.example', 'Port: 80', 'Proto: http'], 'http://api.example/where'],
    ['443 of http', ['Host: api.example', 'Port: 443', 'Proto: http'], 'http://api.example:443/where'],
    ['the port that the host has', ['Host: api.example:1', 'Port: 2', 'Proto: http'], 'http://api.example:1/where'],
    ['a colon without a port', ['Host: api.example:', 'Port: 2', 'Proto: http'], 'http://api.example:2/where'],
    ['a port without a scheme', ['Host: api.example', 'Port: 8443'], 'http://api.example/where'],
    ['a port for the Host that came', ['Port: 9', 'Proto: http'], 'http://inside:8000/where'],
    ['what a caller put before', ['Proto: https, http', 'Host: evil.example, api.example'], 'http://api.example/where'],
  ])('%s', async (_, fields, url) => {
    const lines = ['X-Forwarded-For: 6.6.6.6, 198.51.100.7', ...fields.map((field) => `X-Forwarded-${field}`)]
    expect(await asked(undefined, ...lines)).toEqual({ address: '198.51.100.7', url, prefix: '' })
  })

  test('of lists as long as the chain, the word of the proxy nearest to the caller counts', async () => {
    const lines = [
      'X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.0.0.1',
      'X-Forwarded-Proto: gopher, https, http',
      'X-Forwarded-Host: evil.example, api.example, inner',
    ]
    expect(await asked(undefined, ...lines)).toMatchObject({ url: 'https://api.example/where' })
  })

  test('a list shorter than the chain is of the outer proxies', async () => {
    const lines = ['X-Forwarded-For: 198.51.100.7, 10.0.0.1, 10.0.0.2', 'X-Forwarded-Proto: https']
    expect(await asked(undefined, ...lines)).toMatchObject({ url: 'https://inside:8000/where' })
  })

  test.each([
    'Host: evil.example/path',
    'Host: user@evil.example',
    'Host: evil.example#',
    'Host: evil.example?',
    'Host: evil.example:99999',
    'Host: evil.example:8x',
    'Host: evil example',
    'Host: evil.example\tx',
    'Host: http://evil.example',
    'Host: [::1',
    'Host: "evil.example"',
    'Host: ev\xefl.example',
    'Host: :80',
    'Host:',
    'Host: evil.example,',
    'Proto: ftp',
    'Proto: javascript',
    'Proto: https://evil.example',
    'Proto: https ://',
    'Proto: https,',
    'Proto:',
    'Port: 0',
    'Port: 65536',
    'Port: 8443/evil',
    'Port: -1',
    'Port: 0443',
  ])('X-Forwarded-%s is nothing', async (line) => {
    const rest = line.startsWith('Port') ? ['X-Forwarded-Host: inside', 'X-Forwarded-Proto: http'] : []
    const url = line.startsWith('Port') ? 'http://inside/where' : direct.url
    expect(await asked(undefined, `X-Forwarded-${line}`, ...rest)).toEqual({ ...direct, url })
  })
})

describe('Forwarded', () => {
  test.each([
    ['one proxy', 'for=198.51.100.7', '198.51.100.7', direct.url],
    ['names in capitals', 'FOR=198.51.100.7;Proto=HTTPS', '198.51.100.7', 'https://inside:8000/where'],
    ['quoted', 'for="198.51.100.7";proto="https"', '198.51.100.7', 'https://inside:8000/where'],
    ['escapes', 'for="198.51\\.100\\.7";host="\\a"', '198.51.100.7', 'http://a/where'],
    ['a port', 'for="198.51.100.7:4711"', '198.51.100.7', direct.url],
    ['a hidden port', 'for="198.51.100.7:_p.1-x"', '198.51.100.7', direct.url],
    ['IPv6', 'for="[2001:DB8::7]"', '2001:db8::7', direct.url],
    ['IPv6 and port', 'for="[2001:db8::7]:4711";host="[::1]:81"', '2001:db8::7', 'http://[::1]:81/where'],
    ['IPv4 in IPv6', 'for=6.6.6.6, for="[::ffff:198.51.100.7]", for="[::ffff:a00:1]"', '198.51.100.7', direct.url],
    ['a chain', 'for=6.6.6.6, for=198.51.100.7, for=10.0.0.1;by=10.0.0.2', '198.51.100.7', direct.url],
    ['trusted ones alone', 'for=10.9.9.9,for=10.0.0.1', '10.9.9.9', direct.url],
    ['empty pairs', ';for=198.51.100.7;;', '198.51.100.7', direct.url],
    ['parameters of others', 'secret="a,b;c";for=198.51.100.7', '198.51.100.7', direct.url],
    [
      'the word of the proxy nearest to the caller',
      'for=6.6.6.6;host=evil.example, for=198.51.100.7;proto=https;host=api.example, for=10.0.0.1;proto=http;host=in',
      '198.51.100.7',
      'https://api.example/where',
    ],
    ['or of the next', 'for=198.51.100.7, for=10.0.0.1;proto=https', '198.51.100.7', 'https://inside:8000/where'],
    ['a hidden caller', 'for=6.6.6.6, for=_hidden;proto=https', '127.0.0.1', 'https://inside:8000/where'],
    ['an unknown caller', 'for=6.6.6.6, for=unknown, for=10.0.0.1', '10.0.0.1', direct.url],
    ['nobody', 'for=6.6.6.6, proto=https', '127.0.0.1', 'https://inside:8000/where'],
    ['an empty element', 'for=6.6.6.6,', '127.0.0.1', direct.url],
  ])('%s', async (_, value, address, url) => {
    expect(await asked('forwarded', `Forwarded: ${value}`)).toEqual({ address, url, prefix: '' })
  })

  test('several lines are one list', async () => {
    const lines = ['Forwarded: for=6.6.6.6', 'forwarded: for=198.51.100.7', 'Forwarded: for=10.0.0.1']
    expect(await asked('forwarded', ...lines)).toMatchObject({ address: '198.51.100.7' })
  })

  test.each([
    'for=198.51.100.7:80',
    'for=[2001:db8::7]',
    'for=2001:db8::7',
    'for="2001:db8::7"',
    'for="[2001:db8::7"',
    'for="[fe80::1%25eth0]"',
    'for="[198.51.100.7]"',
    'for="198.51.100.7:123456"',
    'for="198.51.100.7:_"',
    'for="198.51.100.7',
    'for=198.51.100.7"',
    'for=""',
    'for=',
    'for',
    '=198.51.100.7',
    'for =198.51.100.7',
    'for= 198.51.100.7',
    'for=198.51.100.7; proto=https',
    'for=198.51.100.7 proto=https',
    'for=198.51.100.7;for=198.51.100.8',
    'for=198.51.100.7;FOR=198.51.100.7',
    'for="198.51.100.7"x',
    'for="198.51.100.7\\"',
    'for=\xa0198.51.100.7',
    '198.51.100.7',
  ])('%s ends the walk at the proxy that said it', async (element) => {
    const list = `Forwarded: for=6.6.6.6, ${element}, for=10.0.0.1`
    expect(await asked('forwarded', list)).toEqual({ ...direct, address: '10.0.0.1' })
  })

  test.each(['for=198.51.100.7;host=evil.example/x', 'host="a@evil.example"', 'host="evil.example:99999"', 'host=""'])(
    '%s names no host',
    async (element) => {
      expect(await asked('forwarded', `Forwarded: ${element}`)).toMatchObject({ url: direct.url })
    },
  )

  test.each(['proto=ftp', 'proto="https://evil.example"', 'proto=""'])('%s is no scheme', async (element) => {
    expect(await asked('forwarded', `Forwarded: ${element}`)).toMatchObject({ url: direct.url })
  })

  /** Each is followed by what the proxy adds, in the same line. */
  test.each([
    'for="',
    'for="x',
    'for=6.6.6.6;x="',
    'for=6.6.6.6;x="\\',
    'for="6.6.6.6, for=10.0.0.3;x=\\"',
    'for="10.0.0.3, for=6.6.6.6;y=',
    '"',
    '\\"',
    ',,,,;;;;',
    'for=6.6.6.6, for="a;b=',
  ])('a caller who sends %s cannot hide what the proxy adds', async (caller) => {
    const added = 'for="198.51.100.7:4711";host="api.example:81";proto=https'
    expect(await asked('forwarded', `Forwarded: ${caller}, ${added}`)).toEqual({
      address: '198.51.100.7',
      url: 'https://api.example:81/where',
      prefix: '',
    })
    expect(await asked('forwarded', `Forwarded: ${caller}, ${added}, for=10.0.0.1`)).toMatchObject({
      address: '198.51.100.7',
    })
  })

  test('a quoted string may hold what looks like an element', async () => {
    const value = 'for=198.51.100.7;x=", for=6.6.6.6;y=\\"";host="a,for=6.6.6.6"'
    expect(await asked('forwarded', `Forwarded: ${value}`)).toMatchObject({ address: '198.51.100.7' })
  })
})

describe('one family of fields is read, the other is not', () => {
  const lines = [
    'Forwarded: for=198.51.100.1;host=one.example',
    'X-Forwarded-For: 198.51.100.2',
    'X-Forwarded-Host: two.example',
    'X-Forwarded-Prefix: /two',
  ]
  test('X-Forwarded-* unless told', async () => {
    const told = { address: '198.51.100.2', url: 'http://two.example/two/where', prefix: '/two' }
    expect(await asked(undefined, ...lines)).toEqual(told)
    expect(await asked('x-forwarded', ...lines)).toEqual(told)
  })
  test('Forwarded, if that is what they say', async () => {
    const told = { address: '198.51.100.1', url: 'http://one.example/where', prefix: '' }
    expect(await asked('forwarded', ...lines)).toEqual(told)
    expect(await asked('forwarded', ...lines.slice(1))).toEqual(direct)
  })
  test('and of X-Forwarded-* those that are named', async () => {
    const told = { address: '198.51.100.2', url: direct.url, prefix: '' }
    expect(await asked(['x-forwarded-for', 'x-forwarded-proto'], ...lines)).toEqual(told)
    expect(await asked(['x-forwarded-host'], ...lines)).toEqual({ ...direct, url: 'http://two.example/where' })
    expect(await asked(['x-forwarded-prefix'], ...lines)).toMatchObject({ address: '127.0.0.1', prefix: '/two' })
  })
})

test.each([
  'X-Forwarded-For: 6.6.6.6\r\n X-Forwarded-For: 7.7.7.7',
  'X-Forwarded-For : 6.6.6.6',
  'X-Forwarded-For: 6.6.6.6\rX-Forwarded-Host: evil.example',
  'X-Forwarded-Host: evil.example\0',
  'Forwarded: for="6.6.6.6\r"',
])('%j is no header section', async (line) => {
  const server = await start({ trust: ['loopback'] })
  expect((await send(server, line)).status).toBe(400)
})

test.runIf(
  Object.values(networkInterfaces())
    .flat()
    .some((one) => one !== undefined && isIPv6(one.address)),
)('IPv4 on a socket of both versions is IPv4', async () => {
  expect(await ask(await start(undefined, '::'), ...spoofs)).toEqual(direct)
  expect(await ask(await start({ trust: ['127.0.0.1'] }, '::'), ...spoofs)).toMatchObject({ address: '6.6.6.6' })
  const mapped = { trust: ['::ffff:127.0.0.0/104'] }
  expect(await ask(await start(mapped, '::'), ...spoofs)).toMatchObject({ address: '6.6.6.6' })
})

describe('a peer without an address', () => {
  const field = (name: string): string | undefined => (name === 'x-forwarded-for' ? '198.51.100.7' : undefined)

  test('on a unix socket is trusted by that word', () => {
    expect(createProxy({ trust: ['unix'] }).originOf('unix', field).address).toBe('198.51.100.7')
    expect(createProxy({ trust: ['unix'] }).originOf('unix', () => undefined).address).toBe(undefined)
    expect(createProxy({ trust: ['loopback', 'private'] }).originOf('unix', field).address).toBe(undefined)
  })

  test('whose connection is gone is not', () => {
    expect(createProxy({ trust: ['unix', 'loopback'] }).originOf(undefined, field).address).toBe(undefined)
  })
})

test.each([',', 'for=10.0.0.1,', ',a="', ',a=b;', '\\",', ' ', ',a=\\"', 'a="b,'])(
  'a field of 16 KB of %j is read in no time',
  (part) => {
    for (const headers of ['forwarded', 'x-forwarded'] as const) {
      const proxy = createProxy({ trust: ['private'], headers })
      const value = `x="${part.repeat(16_000 / part.length)}!`
      const from = process.cpuUsage()
      proxy.originOf('10.0.0.1', () => value)
      expect(process.cpuUsage(from).user).toBeLessThan(100_000)
    }
  },
)

describe('an option that cannot be meant stops the start', () => {
  test.each([
    ['10.0.0.0/33', '"10.0.0.0/33", which is no network'],
    ['fd00::/129', 'no network'],
    ['10.0.0.0/', 'no network'],
    ['10.0.0/8', 'no network'],
    ['10.0.0.0/8/8', 'no network'],
    ['::ffff:10.0.0.0/8', 'no network'],
    ['fe80::1%eth0', 'no network'],
    ['proxy.example', 'no network'],
    ['Private', 'no network'],
    ['toString', 'no network'],
    ['', 'no network'],
    ['0.0.0.0/0', 'which is everybody'],
    ['::/0', 'which is everybody'],
    ['::ffff:0:0/96', 'which is everybody'],
  ])('trust: %s', async (network, message) => {
    await expect(start({ trust: ['loopback', network] })).rejects.toThrow(message)
  })

  test.each(['api', '//evil.example', '/a//b', '/..', '/a/../b', '/a b', '/a?', '/a\r\nx', '/a"', '/%2e%2e'])(
    'prefix: %j',
    async (prefix) => {
      await expect(start({ prefix })).rejects.toThrow('is no prefix: write "/api"')
    },
  )

  test.each(['both', 'X-Forwarded-For', ['X-Forwarded-For'], ['forwarded'], ['host'], [], null])(
    'headers: %j',
    async (headers) => {
      await expect(start({ trust: ['loopback'], headers: headers as 'forwarded' })).rejects.toThrow('headers is "x-f')
    },
  )
})
