import type { Draft } from '../draft.ts'
import type { DraftMutation, Mutations } from '../mutation.ts'

function framed(draft: Draft, lines: readonly (readonly [string, string])[], ...statuses: number[]): true {
  draft.framing = 'given'
  for (const [name, value] of lines) draft.headers.push([name, value])
  for (const status of statuses) draft.refusals.add(status)
  draft.last = true
  return true
}

/** Mutations of how a message says where it ends (RFC 9112 §6). */
export const framingMutations: Mutations<DraftMutation> = {
  'a body in chunks': (draft, random) => {
    if (draft.body === undefined) return false
    const { length } = draft.body
    draft.framing = 'chunked'
    draft.cuts = Array.from({ length: random.int(0, 5) }, () => random.int(0, length))
    return true
  },
  'chunks with extensions and a trailer': (draft, random) => {
    if (draft.body === undefined) return false
    draft.framing = 'chunked'
    draft.cuts = [1]
    draft.extension = random.pick(['', ';a=b', ';a="b"', ';a'])
    draft.trailer = random.pick([
      '',
      'x-trailer: 1\r\n',
      'content-length: 5\r\n',
      'host: evil.example\r\n',
      'authorization: x\r\n',
    ])
    // Node's parser is stricter about some of these than it must be.
    draft.refusals.add(400)
    return true
  },
  'one byte per chunk': (draft) => {
    if (draft.body === undefined || draft.body.length > 2000) return false
    draft.framing = 'chunked'
    draft.cuts = draft.body.length === 0 ? [] : Array.from({ length: draft.body.length }, (_, index) => index)
    return true
  },
  'a length that is none': (draft, random) => {
    const length = draft.body?.length ?? 0
    const value = random.pick([
      `+${length}`,
      `0x${length.toString(16)}`,
      `${length}, ${length}`,
      '-1',
      '',
      'a',
      `${length}.0`,
      '1e1',
      '9'.repeat(30),
    ])
    return framed(draft, [['Content-Length', value]], 400, 413)
  },
  'two lengths': (draft) => {
    const length = draft.body?.length ?? 0
    return framed(
      draft,
      [
        ['Content-Length', `${length}`],
        ['Content-Length', `${length + 1}`],
      ],
      400,
    )
  },
  'a length and chunks': (draft) => {
    draft.body = Buffer.from('0\r\n\r\n')
    return framed(
      draft,
      [
        ['Content-Length', '5'],
        ['Transfer-Encoding', 'chunked'],
      ],
      400,
    )
  },
  'a transfer coding nobody takes': (draft, random) => {
    draft.body = Buffer.from('0\r\n\r\n')
    const value = random.pick([
      'gzip, chunked',
      'gzip',
      'identity',
      'chunked, chunked',
      'xchunked',
      'chunked;a=b',
      '"chunked"',
      '',
    ])
    return framed(draft, [['Transfer-Encoding', value]], 400, 501)
  },
  'chunks that are none': (draft, random) => {
    const body = random.pick([
      'x\r\n',
      '-1\r\n',
      '+1\r\na\r\n0\r\n\r\n',
      '0x1\r\na\r\n0\r\n\r\n',
      'fffffffffffffffff\r\n',
      '1\r\nab\r\n0\r\n\r\n',
      '1\na\n0\n\n',
      '\r\n',
    ])
    draft.body = Buffer.from(body)
    return framed(draft, [['Transfer-Encoding', 'chunked']], 400, 413)
  },
  'less body than promised, then silence': (draft, random) => {
    draft.leaves = true
    return framed(draft, [['Content-Length', String((draft.body?.length ?? 0) + random.int(1, 5000))]])
  },
  'chunks without an end, then silence': (draft) => {
    draft.body = Buffer.from('1\r\na\r\n')
    draft.leaves = true
    return framed(draft, [['Transfer-Encoding', 'chunked']])
  },
  'more body than promised': (draft, random) => {
    if (draft.body === undefined || draft.body.length < 2) return false
    return framed(draft, [['Content-Length', String(random.int(0, draft.body.length - 1))]])
  },
  'another version': (draft, random) => {
    draft.version = random.pick([
      'HTTP/1.0',
      'HTTP/1.0',
      'HTTP/2.0',
      'HTTP/0.9',
      'HTTP/1.2',
      'HTTP/1.1 ',
      'http/1.1',
      'HTTP/11',
      'XYZ',
    ])
    draft.last = true
    if (draft.version !== 'HTTP/1.0') draft.refusals.add(400).add(505)
    return true
  },
  'a cut head': (draft, random) => {
    draft.headers.push(['x-cut', 'a'])
    draft.version = random.pick(['', 'HTTP', 'HTTP/1.1\r\nx'])
    draft.refusals.add(400)
    draft.last = true
    return true
  },
}
