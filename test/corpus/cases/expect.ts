import { refused } from '../../matrix/case.ts'
import { PARSERS, parser } from '../../matrix/reasons.ts'
import { type CorpusCase, type Reply, must, ours } from '../case.ts'
import { DENO_NO_HOST, DENO_STREAMED, EAGER, OLD, UNHEARD, because, followedBy, silent, thenGone } from '../reasons.ts'
import { bad, closing, field, maybeClosing, probed, read } from '../replies.ts'
import { HELLO, PROBE, bare, chunked, request, sent } from '../requests.ts'

const expecting = (...values: string[]): string[] => values.map((value) => `Expect:${value}`)
const told: Reply = { ...read('hello'), interim: [100] }
/** To a body that is there already, 100 need not be said. */
const maybeTold: Reply = { ...told, or: read('hello') }
const unheard = maybeClosing({ ...refused(417, 'expectation_failed'), interim: [] })
const waiting = (value: string): string => sent([...expecting(value), 'Content-Length: 5'], '')
const posted = (value: string): string => sent([...expecting(value), 'Content-Length: 5'], 'hello')

/** Expect (RFC 9110 §10.1.1): 100 goes out where the body is wanted, and to nobody else. */
export const expectations: readonly CorpusCase[] = [
  must('RFC 9110 §10.1.1', '100 comes before the body', waiting(' 100-continue'), told, {
    rest: 'hello',
    deno: thenGone(DENO_STREAMED),
  }),
  must('RFC 9110 §10.1.1', 'The expectation in another case', waiting(' 100-Continue'), told, {
    rest: 'hello',
    bun: because('Bun knows the expectation in lower case alone.', read('hello')),
    deno: thenGone(DENO_STREAMED),
  }),
  must('RFC 9110 §10.1.1', 'White space around the expectation', waiting('\t100-continue \t'), told, {
    rest: 'hello',
    deno: thenGone(DENO_STREAMED),
  }),
  must('RFC 9110 §10.1.1', '100 before a chunked body', chunked('', expecting(' 100-continue')), told, {
    rest: HELLO,
    deno: thenGone(DENO_STREAMED),
  }),
  must(
    'RFC 9110 §10.1.1',
    '100 before an empty chunked body',
    request('POST /fields/x-a HTTP/1.1', [
      ...expecting(' 100-continue'),
      'Content-Type: text/plain',
      'Transfer-Encoding: chunked',
    ]),
    { ...field(null), interim: [100], or: { ...refused(400, 'malformed_body'), interim: [100] } },
    { rest: '0\r\n\r\n', deno: thenGone(DENO_STREAMED) },
  ),
  must('RFC 9110 §10.1.1', '100 to a request behind another', PROBE + waiting(' 100-continue'), [probed, told], {
    rest: 'hello',
    deno: followedBy(because(DENO_STREAMED, closing(told))),
  }),
  must('RFC 9110 §10.1.1', 'What follows a body that was waited for', waiting(' 100-continue'), [told, probed], {
    rest: `hello${PROBE}`,
    deno: thenGone(),
  }),
  must(
    'RFC 9110 §10.1.1',
    'The expectation twice',
    sent([...expecting(' 100-continue', ' 100-continue'), 'Content-Length: 5'], 'hello'),
    maybeTold,
  ),
  must('RFC 9110 §10.1.1', 'The expectation twice in one field', posted(' 100-continue, 100-continue'), maybeTold),
  must('RFC 9110 §10.1.1', 'A body that waits for nothing', posted(' 100-continue'), maybeTold),
  must('RFC 9110 §10.1.1', 'Two bodies that wait for nothing', posted(' 100-continue') + posted(' 100-continue'), [
    maybeTold,
    maybeTold,
  ]),
  must(
    'RFC 9110 §10.1.1',
    'No 100 where there is no body',
    request('GET /probe HTTP/1.1', expecting(' 100-continue')),
    maybeClosing({ ...probed, interim: [] }),
    { bun: because(EAGER, { ...probed, interim: [100] }) },
  ),
  must(
    'RFC 9110 §10.1.1',
    'No 100 for a malformed request',
    request('POST /bodies/text HTTP/1.1', [
      ...expecting(' 100-continue'),
      'Content-Type: text/plain',
      'Content-Length: +5',
    ]),
    { ...bad, interim: [] },
    PARSERS,
  ),
  must(
    'RFC 9110 §10.1.1',
    'No 100 without Host',
    bare('POST /bodies/text HTTP/1.1', [
      ...expecting(' 100-continue'),
      'Content-Type: text/plain',
      'Content-Length: 5',
    ]),
    { ...bad, interim: [] },
    { bun: parser(400), deno: silent(DENO_NO_HOST) },
  ),
  must(
    'RFC 9110 §10.1.1',
    'No 100 where the body is too long',
    request('POST /bodies/small HTTP/1.1', [
      ...expecting(' 100-continue'),
      'Content-Type: application/json',
      'Content-Length: 1000000',
    ]),
    closing({ ...refused(413, 'content_too_large'), interim: [] }),
    {
      bun: because(EAGER, { ...refused(413, 'content_too_large'), interim: [100], closes: true }),
      deno: because(EAGER, { ...refused(413, 'content_too_large'), interim: [100], waits: true }),
    },
  ),
  must(
    'RFC 9110 §15.2',
    'No 100 to HTTP/1.0 that asks for it and stays',
    bare(
      'POST /bodies/text HTTP/1.0',
      [
        'Host: api.test',
        'Connection: keep-alive',
        ...expecting(' 100-continue'),
        'Content-Type: text/plain',
        'Content-Length: 5',
      ],
      'hello',
    ),
    { ...read('hello'), interim: [] },
    { bun: because(OLD, closing(told)), deno: because(OLD, told) },
  ),
  ours('RFC 9110 §10.1.1', 'Another expectation beside it', posted(' 100-continue, miracles'), unheard, {
    bun: because(UNHEARD, read('hello')),
    deno: because(UNHEARD, read('hello')),
    node: because('Node finds 100-continue among other expectations, and heeds it.', told),
  }),
  ours(
    'RFC 9110 §10.1.1',
    'Another expectation in a field of its own',
    sent([...expecting(' 100-continue', ' miracles'), 'Content-Length: 5'], 'hello'),
    unheard,
    {
      bun: because(UNHEARD, told),
      deno: because(UNHEARD, read('hello')),
      node: because('Node finds 100-continue among other expectations, and heeds it.', told),
    },
  ),
  ours('RFC 9110 §10.1.1', 'The expectation with a parameter', posted(' 100-continue;a=b'), unheard, {
    bun: because(UNHEARD, read('hello')),
    deno: because(UNHEARD, read('hello')),
    node: because('Node finds 100-continue among other expectations, and heeds it.', told),
  }),
  ours('RFC 9110 §10.1.1', 'An expectation that begins alike', posted(' 100-continued'), unheard, {
    bun: because(UNHEARD, read('hello')),
    deno: because(UNHEARD, read('hello')),
  }),
  ours('RFC 9110 §10.1.1', 'An expectation on a GET', request('GET /probe HTTP/1.1', expecting(' 200-ok')), unheard, {
    bun: because(UNHEARD, probed),
    deno: because(UNHEARD, probed),
  }),
  must(
    'RFC 9110 §10.1.1',
    'HTTP/1.0 that expects 100 is not heeded',
    bare('GET /probe HTTP/1.0', expecting(' 100-continue')),
    closing({ ...probed, interim: [] }),
    { bun: because(OLD, closing({ ...probed, interim: [100] })) },
  ),
]
