import { type Draft, latin1 } from '../draft.ts'
import type { DraftMutation, Mutations } from '../mutation.ts'

const QUERIES = [
  ...[
    '',
    '&',
    '&&&=',
    '=',
    '=a',
    'a',
    '%',
    '%ZZ=1',
    'a=%',
    'a=%F',
    'a=%FF',
    'a=%C0%AF',
    'a=%ED%A0%80',
    'a=%00',
    '+',
    '%2B=+',
    ';a;b',
  ],
  ...[
    'a[]=1&a[]=2',
    'a[b][c]=1',
    'a.b=1',
    '__proto__=1',
    '__proto__[x]=1',
    'constructor[prototype][x]=1',
    '?',
    '??a=?',
    'a=1&a=2',
    'limit[]=1',
  ],
]

const UNKNOWN = [
  ...[
    '/',
    '//',
    '/nothing/here',
    '/.env',
    '/.git/config',
    '/admin',
    '/favicon.ico',
    '/robots.txt',
    '/index.php',
    '/__proto__',
    '/constructor',
  ],
  ...[
    '/toString',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2f',
    '/%00',
    '/%C0%AE',
    '/a%2fb',
    '/é',
    '/*',
    '/%',
    '/%zz',
    '/;a=b',
  ],
]

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY']
const STRANGE = [
  'PROPFIND',
  'M-SEARCH',
  'LINK',
  'PURGE',
  'FOO',
  'get',
  'Post',
  'GETGET',
  '__proto__',
  'constructor',
  'X'.repeat(100),
  'G\tET',
  'GÉT',
]

function segmentAt(draft: Draft, index: number, change: (segment: string) => string): void {
  const segments = draft.path.split('/')
  segments[index] = change(segments[index] ?? '')
  draft.path = segments.join('/')
}

/** Mutations of method, path and query as they stand in the request line. */
export const targetMutations: Mutations<DraftMutation> = {
  'another query': (draft, random) => {
    const other = random.pick(QUERIES)
    draft.query = draft.query === undefined || random.chance(0.3) ? other : `${draft.query}&${other}`
    return true
  },
  'a cut query': (draft, random) => {
    if (draft.query === undefined || draft.query.length < 2) return false
    draft.query = draft.query.slice(0, random.int(1, draft.query.length - 1))
    return true
  },
  'raw bytes in a query': (draft, random) => {
    draft.query = `${draft.query ?? ''}&a=${random.pick([latin1('é'), '\x7f', '\x01', '\xff', '<">', '|^`{}\\'])}`
    draft.refusals.add(400)
    return true
  },
  'a fragment': (draft) => {
    draft.query = `${draft.query ?? ''}#part`
    return true
  },
  'a long query': (draft, random) => {
    draft.query = `${draft.query ?? ''}&a=${'b'.repeat(random.pick([1000, 7000, 8190, 9000, 30_000, 40_000]))}`
    return true
  },
  'a path that nothing has': (draft, random) => {
    draft.path = latin1(random.pick(UNKNOWN))
    return true
  },
  'a segment more': (draft, random) => {
    draft.path += random.pick(['/', '//', '/x', '/.', '/..', '/%2e', '/%2E%2e', '/..;/', '/%2f', '/\\', '/__proto__'])
    return true
  },
  'a segment less': (draft) => {
    const at = draft.path.lastIndexOf('/')
    if (at <= 0) return false
    draft.path = draft.path.slice(0, at)
    return true
  },
  'dots, slashes and backslashes': (draft, random) => {
    draft.path = random.pick(['/.', '/x/..', '/', '\\', '/%2e%2e', '/%5c']) + draft.path
    return true
  },
  'escapes nobody needs': (draft, random) => {
    const segments = draft.path.split('/')
    const index = random.int(1, segments.length - 1)
    segmentAt(draft, index, (segment) =>
      segment.replace(/[a-z0-9]/gi, (character) =>
        random.chance(0.5) ? `%${character.charCodeAt(0).toString(16)}` : character,
      ),
    )
    return true
  },
  'escapes that are no text': (draft, random) => {
    const segments = draft.path.split('/')
    const index = random.int(1, segments.length - 1)
    segmentAt(
      draft,
      index,
      (segment) =>
        segment + random.pick(['%', '%2', '%ZZ', '%00', '%FF', '%C0%AF', '%ED%A0%80', '%F5%80%80%80', '%u0041']),
    )
    return true
  },
  'raw bytes in a path': (draft, random) => {
    draft.path += random.pick([latin1('é'), '\x7f', '\x01', '\xff', '"', '<', '|', '^', '`', '{x}'])
    draft.refusals.add(400)
    return true
  },
  'other letters': (draft) => {
    // Of ASCII alone: characters are bytes here, and ÿ has no capital among them.
    draft.path = draft.path.replace(/[a-z]/g, (letter) => letter.toUpperCase())
    return true
  },
  'a long path': (draft, random) => {
    draft.path += `/${'a'.repeat(random.pick([300, 5000, 9000, 40_000]))}`
    return true
  },
  'a deep path': (draft, random) => {
    draft.path += '/a'.repeat(random.pick([50, 2000, 6000]))
    return true
  },
  'an absolute target': (draft, random) => {
    draft.path =
      random.pick([
        'http://127.0.0.1',
        'http://other.example:81',
        'HTTPS://127.0.0.1',
        'ftp://a',
        '127.0.0.1:80',
        'http:',
      ]) + draft.path
    draft.refusals.add(400)
    return true
  },
  'another method': (draft, random) => {
    const others = METHODS.filter((method) => method !== draft.method)
    draft.method = random.pick(others)
    return true
  },
  'a method nobody knows': (draft, random) => {
    draft.method = latin1(random.pick(STRANGE))
    draft.last = true
    return true
  },
}
