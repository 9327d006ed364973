import { headerOf, setHeader } from '../draft.ts'
import { nested } from '../hostile.ts'
import type { DraftMutation, Mutations } from '../mutation.ts'

/** Bytes that UTF-8 does not have, or has in a longer form than it may. */
const BROKEN = [
  [0xff],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xe2, 0x82],
  [0x80],
  [0xfe, 0xff],
  [0],
]

const JUNK = [
  ...[
    '',
    ' ',
    '\n',
    'null',
    'true',
    '0',
    '""',
    '[]',
    '{}',
    '{',
    '}',
    '[',
    ']',
    '"',
    'undefined',
    'NaN',
    "{'a':1}",
    '{a:1}',
    '{"a":1,}',
    '[1,]',
  ],
  ...[
    '{"a":1}{"b":2}',
    '// c\n{}',
    '{"a":0x1}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":1e}',
    '{"a":"\t"}',
    '{"a":"\\x"}',
    '{"a":"\\u12"}',
  ],
  ...[
    '{"a":1,"a":2}',
    '{"__proto__":{"x":1}}',
    '{"\\u005f\\u005fproto__":{"x":1}}',
    '{"constructor":{"prototype":{"x":1}}}',
    '\ufeff{}',
  ],
  ...[
    'a=1&b=2',
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
  ],
]

const TYPES = [
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'application/xml',
    'text/csv',
  ],
  ...[
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
  ],
  ...[
    'APPLICATION/JSON',
    'application/json;',
    'application/json ;a=b',
    ' application/json',
    'application/json\t',
    '\tapplication/json',
    'application/json;a',
  ],
  ...[
    'application/json;a="',
    'application/json, text/plain',
    'application/json application/json',
    'application/jsonx',
    'application/vnd.api+json',
  ],
  ...[
    'application',
    '/',
    'application/',
    '/json',
    '*/*',
    'application/*',
    '',
    ';',
    'a/b;'.padEnd(300, 'c'),
    'application/json;__proto__=1',
    'null',
  ],
]

/** Mutations of the bytes of a body, and of what is said of them. */
export const bodyMutations: Mutations<DraftMutation> = {
  'a cut body': (draft, random) => {
    if (draft.body === undefined || draft.body.length < 2) return false
    draft.body = draft.body.subarray(0, random.int(1, draft.body.length - 1))
    return true
  },
  'a body that goes on': (draft, random) => {
    if (draft.body === undefined) return false
    const more = random.pick([' ', '}', ',', 'x', '\0', '{}', '\ufeff'])
    draft.body = random.chance(0.5)
      ? Buffer.concat([draft.body, Buffer.from(more)])
      : Buffer.concat([Buffer.from(more), draft.body])
    return true
  },
  'bytes that are no text': (draft, random) => {
    if (draft.body === undefined) return false
    const at = random.int(0, draft.body.length)
    draft.body = Buffer.concat([draft.body.subarray(0, at), Buffer.from(random.pick(BROKEN)), draft.body.subarray(at)])
    return true
  },
  'other bytes': (draft, random) => {
    if (draft.body === undefined || draft.body.length === 0) return false
    const body = Buffer.from(draft.body)
    for (let i = random.int(1, 4); i > 0; i--) body[random.int(0, body.length - 1)] = random.int(0, 255)
    draft.body = body
    return true
  },
  'another body': (draft, random) => {
    draft.body = Buffer.from(random.pick(JUNK))
    if (headerOf(draft, 'content-type') === undefined) setHeader(draft, 'Content-Type', 'application/json')
    return true
  },
  'a deep body': (draft, random) => {
    const depth = random.pick([60, 100, 1000, 100_000])
    const text = random.chance(0.3) ? '['.repeat(depth) : nested(random, depth).text
    draft.body = Buffer.from(text)
    if (headerOf(draft, 'content-type') === undefined) setHeader(draft, 'Content-Type', 'application/json')
    return true
  },
  'a million digits': (draft, random) => {
    if (!random.chance(0.3)) return false
    draft.body = Buffer.from(`{"a":${random.pick(['', '-', '0.', '1e'])}${'9'.repeat(1_000_000)}}`)
    return true
  },
  'a large body': (draft, random) => {
    if (!random.chance(0.3)) return false
    draft.body = Buffer.alloc(random.pick([200_000, 1_048_577, 2_000_000]), random.pick(['a', ' ', '[', '"', '{"a":']))
    return true
  },
  'no body': (draft, random) => {
    if (draft.body === undefined) return false
    draft.body = random.chance(0.5) ? undefined : new Uint8Array()
    return true
  },
  'a body where none is expected': (draft, random) => {
    if (draft.body !== undefined) return false
    draft.body = Buffer.from(random.pick(JUNK))
    return true
  },
  'another content type': (draft, random) => {
    setHeader(draft, 'Content-Type', random.pick(TYPES))
    return true
  },
  'a mutated content type': (draft, random) => {
    const type = headerOf(draft, 'content-type')
    if (type === undefined) return false
    const at = random.int(0, type.length)
    const mark = random.pick(['\t', ' ', ';', ',', '"', '\\', '/', '\x80', '%', '\x01', '\0', '\x7f'])
    // Control characters in a field are refused with the whole request (RFC 9110 §5.5).
    if (/[\0\x01\x7f]/.test(mark)) {
      draft.refusals.add(400)
      draft.last = true
    }
    setHeader(draft, 'Content-Type', type.slice(0, at) + mark + type.slice(at))
    return true
  },
  'no content type': (draft) => {
    if (headerOf(draft, 'content-type') === undefined) return false
    draft.headers = draft.headers.filter(([name]) => name.toLowerCase() !== 'content-type')
    return true
  },
  'two content types': (draft, random) => {
    if (headerOf(draft, 'content-type') === undefined) return false
    draft.headers.push(['content-type', random.pick(TYPES)])
    return true
  },
  'a content coding': (draft, random) => {
    setHeader(
      draft,
      'Content-Encoding',
      random.pick(['gzip', 'identity', 'IDENTITY', 'br', 'gzip, gzip', '', 'x', 'deflate;q=1']),
    )
    return true
  },
}
