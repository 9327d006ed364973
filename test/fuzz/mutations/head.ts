import { type Draft, headerOf, setHeader } from '../draft.ts'
import type { DraftMutation, Mutations } from '../mutation.ts'
import type { Random } from '../random.ts'

/** Fields that some server, proxy or framework somewhere takes for an order, with values nobody expects. */
const FIELDS: readonly (readonly [string, readonly string[]])[] = [
  ['Accept', ['', '*/*;q=0', 'text/html', 'application/xml', 'a', ',,,', 'application/json;q=2', '*/*,'.repeat(500)]],
  ['Accept-Encoding', ['gzip', '*;q=0', 'identity;q=0', 'br, gzip, deflate']],
  ['Accept-Language', ['*', '../../etc', 'xx-YY-ZZ']],
  ['Accept-Charset', ['utf-16']],
  [
    'Authorization',
    [
      '',
      'Bearer',
      'Bearer ',
      'Bearer a.b.c',
      'Basic Og==',
      'Basic %%%',
      'Token',
      'Token null',
      'Token a b',
      'Negotiate x',
      'Bearer '.concat('a'.repeat(5000)),
    ],
  ],
  [
    'Cookie',
    ['', ';;;', '=', 'a', 'a=b=c', '__proto__=1', 'a=%FF', 'a="', 'a=1; a=2', 'session='.concat('x'.repeat(4000))],
  ],
  ['Origin', ['null', 'http://evil.example', '*']],
  ['Referer', ['javascript:1']],
  ['Range', ['bytes=0-1', 'bytes=-1', 'bytes=1-0,2-3', 'x']],
  ['If-None-Match', ['*', '"a"', 'W/"a"', 'x']],
  ['If-Match', ['*', '"a"']],
  ['If-Modified-Since', ['Thu, 01 Jan 1970 00:00:00 GMT', 'never']],
  ['Connection', ['close', 'keep-alive, close', 'Upgrade', 'Host', '']],
  ['Upgrade', ['h2c', 'websocket']],
  ['Expect', ['100-continue', '100-Continue']],
  ['TE', ['trailers', 'gzip']],
  ['Via', ['1.1 x']],
  ['Forwarded', ['for=127.0.0.1;host=evil.example;proto=https']],
  ['X-Forwarded-For', ['127.0.0.1', "'", ','.repeat(1000)]],
  ['X-Forwarded-Host', ['evil.example']],
  ['X-HTTP-Method-Override', ['DELETE', 'PATCH']],
  ['X-Original-URL', ['/admin']],
  ['Content-Disposition', ['attachment']],
  ['Idempotency-Key', ['', '"a"', 'a'.repeat(300)]],
  ['traceparent', ['00-x', '00-00000000000000000000000000000000-0000000000000000-00']],
  ['__proto__', ['1']],
  ['constructor', ['1']],
]

const HOSTS = [
  '',
  'a b',
  'a/b',
  'a?b',
  'a@b',
  'a:99999',
  'a:b',
  '[::1',
  'é',
  'a,b',
  'localhost',
  '[::1]:80',
  'evil.example',
]

function broken(draft: Draft, ...statuses: number[]): true {
  for (const status of statuses) draft.refusals.add(status)
  draft.last = true
  return true
}

const filler = (random: Random): string => random.pick(['a', 'é', 'x-y ', ',']).repeat(10)

/** Mutations of header fields. */
export const headMutations: Mutations<DraftMutation> = {
  'a field that others obey': (draft, random) => {
    const [name, values] = random.pick(FIELDS)
    setHeader(draft, name, random.pick(values))
    return true
  },
  'several fields': (draft, random) => {
    for (let i = random.int(2, 5); i > 0; i--) {
      const [name, values] = random.pick(FIELDS)
      setHeader(draft, name, random.pick(values))
    }
    return true
  },
  'a field that comes twice': (draft, random) => {
    const others = draft.headers.filter(([name]) => !/^(host|content-length|transfer-encoding)$/i.test(name))
    if (others.length === 0) return false
    draft.headers.push([...random.pick(others)])
    return true
  },
  'letters of names': (draft, random) => {
    draft.headers = draft.headers.map(([name, value]) => [
      random.chance(0.5) ? name.toUpperCase() : name.toLowerCase(),
      value,
    ])
    return true
  },
  'many fields': (draft, random) => {
    const count = random.pick([50, 300, 1500, 3000])
    for (let i = 0; i < count; i++) draft.headers.push([`x-${i}`, '1'])
    return true
  },
  'a large field': (draft, random) => {
    draft.headers.push(['x-large', 'a'.repeat(random.pick([1000, 16_000, 31_000, 33_000, 70_000]))])
    return true
  },
  'odd bytes in a field': (draft, random) => {
    draft.headers.push(['x-odd', Buffer.from(filler(random)).toString('latin1')])
    return true
  },
  'another host': (draft, random) => {
    setHeader(draft, 'Host', Buffer.from(random.pick(HOSTS)).toString('latin1'))
    draft.refusals.add(400)
    return true
  },
  'no host': (draft) => {
    draft.headers = draft.headers.filter(([name]) => name !== 'Host')
    return broken(draft, 400)
  },
  'two hosts': (draft) => {
    draft.headers.push(['host', 'other.example'])
    return broken(draft, 400)
  },
  'a field with a control character': (draft, random) => {
    draft.headers.push(['x-control', `a${random.pick(['\0', '\x01', '\x0b', '\x7f', '\r', '\n'])}b`])
    return broken(draft, 400)
  },
  'a field name that is none': (draft, random) => {
    draft.headers.push([random.pick(['x y', 'x ', '', 'x\t', 'x(', 'é', ' x', 'x"']), '1'])
    return broken(draft, 400)
  },
  'a folded field': (draft) => {
    draft.headers.push(['x-folded', 'a\r\n b'])
    return broken(draft, 400)
  },
  'an expectation nobody meets': (draft, random) => {
    setHeader(draft, 'Expect', random.pick(['200-ok', '100-continue, x', 'x']))
    return broken(draft, 417)
  },
  'a promise of more': (draft, random) => {
    if (draft.body === undefined || headerOf(draft, 'expect') !== undefined) return false
    setHeader(draft, 'Expect', '100-continue')
    draft.last = random.chance(0.5)
    return true
  },
}
