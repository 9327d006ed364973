import { refused } from '../../matrix/case.ts'
import { type CorpusCase, must, ours } from '../case.ts'
import { closing, probed, read } from '../replies.ts'
import { PROBE, SMUGGLED, chunked, request, sent } from '../requests.ts'

const late = refused(408, 'request_timeout', { closes: true })
/** 408 (RFC 9110 §15.5.9) and other ends of a connection that has had its time. A server of short limits answers these. */
export const timeouts: readonly CorpusCase[] = [
  ours('RFC 9110 §15.5.9', 'A method that stops', 'GE', late),
  ours('RFC 9110 §15.5.9', 'A request line that stops', 'GET /probe HT', late),
  ours('RFC 9110 §15.5.9', 'A field that stops', 'GET /probe HTTP/1.1\r\nHost: api.te', late),
  ours('RFC 9110 §15.5.9', 'A header section without its last line end', PROBE.slice(0, -2), late),
  ours('RFC 9110 §15.5.9', 'A request that stops behind another', `${PROBE}GET /probe HT`, [probed, late]),
  ours('RFC 9110 §15.5.9', 'A request that stops behind a body', `${sent(['Content-Length: 5'], 'hello')}G`, [
    read('hello'),
    late,
  ]),
  ours('RFC 9110 §15.5.9', 'A body that does not begin', sent(['Content-Length: 5'], ''), late),
  ours('RFC 9110 §15.5.9', 'A body that stops', sent(['Content-Length: 6'], 'hello'), late),
  ours('RFC 9110 §15.5.9', 'Chunks that do not begin', chunked(''), late),
  ours('RFC 9110 §15.5.9', 'A chunk size that stops', chunked('5'), late),
  ours('RFC 9110 §15.5.9', 'A chunk that stops', chunked('5\r\nhel'), late),
  ours('RFC 9110 §15.5.9', 'Chunks that stop', chunked('5\r\nhello\r\n'), late),
  ours('RFC 9110 §15.5.9', 'A trailer that stops', chunked('5\r\nhello\r\n0\r\nX-A: '), late),
  ours(
    'RFC 9110 §15.5.9',
    'A body that was asked for and does not come',
    sent(['Expect: 100-continue', 'Content-Length: 5'], ''),
    { ...late, interim: [100] },
  ),
  must(
    'RFC 9112 §9.6',
    'The last of as many requests as a connection may have',
    PROBE + PROBE + request('GET /things/1 HTTP/1.1') + SMUGGLED,
    [probed, probed, closing({ status: 200, json: { id: 1, name: 'kettle' } })],
  ),
]
