import { expect, test } from 'vitest'
import { readByEngine } from './engine.ts'
import { report } from './finding.ts'
import { NodeParser } from './node-parser.ts'
import { run } from './run.ts'
import { type Trial, tryOut } from './trial.ts'

/** The short form of `npm run fuzz:framing`. */
test.each([1, 2, 3])('seed %i, 8000 cases: what the engine takes, node takes with the same framing', async (seed) => {
  const cases = 8000
  const { findings, tally } = await run({ seed, cases })
  expect(findings.map((finding) => report(finding, seed))).toEqual([])
  // A run in which everything is refused, or nothing, would find nothing either.
  expect(tally.both).toBeGreaterThan(cases / 2)
  for (const end of ['taken', 'refused'] as const) expect(tally.ended(end), end).toBeGreaterThan(cases / 5)
  expect(tally.ended('apart')).toBeLessThan(cases / 10)
  const stricter = tally.reasons('node only').map(([why]) => why)
  expect(stricter).toEqual(
    expect.arrayContaining([
      '400 Host is not a host with an optional port (RFC 9112 §3.2)',
      '400 The request has more than one Host (RFC 9112 §3.2)',
      '431 The header section is too large',
      '501 The only transfer coding taken is "chunked" (RFC 9112 §7)',
    ]),
  )
})

/** What it takes to see the same octets in the same way however they come. */
const plain = { cuts: [], slow: false, use: 'bytes', streamed: false } as const

const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n'

/** Octets on which they disagreed once. */
const once: Readonly<Record<string, Trial>> = {
  'CONNECT to a path has no body': {
    ...plain,
    text: `CONNECT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabcdef${NEXT}`,
  },
  'CONNECT to what is no host': { ...plain, text: 'CONNECT > HTTP/1.1\r\nHost: a\r\n\r\n' },
  'CONNECT with a length that is none': {
    ...plain,
    text: 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n',
  },
  'a body that comes in a read of its own, whose handler asks for it after the next read': {
    ...plain,
    text: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
    cuts: [47],
    use: 'late',
  },
  'a coding in a trailer section that is not whole': {
    ...plain,
    text: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTransfer-Encoding: h',
  },
  'a coding with other white space': {
    ...plain,
    text: `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\xa0\r\n\r\n0\r\n\r\n${NEXT}`,
  },
}

test.each(Object.entries(once))('%s', async (_name, trial) => {
  const node = new NodeParser()
  expect(await tryOut(trial, readByEngine, node)).toMatchObject({ is: 'agreed' })
  const octetByOctet = Array.from({ length: trial.text.length - 1 }, (_, at) => at + 1)
  expect(await tryOut({ ...trial, cuts: octetByOctet, slow: true }, readByEngine, node)).toMatchObject({ is: 'agreed' })
})
