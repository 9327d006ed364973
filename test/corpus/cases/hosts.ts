import { parser, stays } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import { DENO_NO_HOST, because } from '../reasons.ts'
import { bad, closing, notFound, probed, toHead } from '../replies.ts'
import { bare } from '../requests.ts'

const LINE = 'GET /probe HTTP/1.1'
const host = (value: string): string => bare(LINE, [`Host:${value}`])
const at = (url: string): { status: 200; json: unknown } => ({ status: 200, json: { url, search: '' } })

/** Host and authority (RFC 9112 §3.2, RFC 9110 §7.2, RFC 3986 §3.2): one, and nothing but a host and a port. */
export const hosts: readonly CorpusCase[] = [
  must('RFC 9112 §5.1', 'No space before the value', host('api.test'), probed),
  must('RFC 9112 §5.1', 'White space on both sides', host(' \t api.test \t '), probed),
  must('RFC 9110 §5.1', 'The name of the field in upper case', bare(LINE, ['HOST: api.test']), probed),
  must('RFC 9110 §4.2.3', 'A host in upper case', host(' API.TEST'), probed),
  must('RFC 9110 §5.3', 'Host after other fields', bare(LINE, ['X-A: 1', 'X-B: 2', 'Host: api.test']), probed),
  should('RFC 3986 §3.2.3', 'A colon without a port', host(' api.test:'), probed),
  should('RFC 3986 §3.2.3', 'A port with leading zeros', host(' api.test:0080'), probed),
  should('RFC 3986 §3.2.3', 'The highest port', host(' api.test:65535'), probed),
  should('RFC 3986 §3.2.2', 'An IPv4 address', host(' 127.0.0.1:80'), probed),
  should('RFC 3986 §3.2.2', 'An IPv6 address that ends in an IPv4 address', host(' [::ffff:127.0.0.1]'), probed),
  should('RFC 3986 §3.2.2', 'A host with an underscore', host(' my_api.test'), probed),
  should('RFC 3986 §3.2.2', 'A host with an escape', host(' api%2Etest'), probed),
  must(
    'RFC 9112 §3.3',
    'The URL of a request has the authority of its Host',
    bare('GET /paths/url HTTP/1.1', ['Host: api.test:8080']),
    at('http://api.test:8080/paths/url'),
  ),

  must('RFC 9112 §3.2', 'A port just out of range', host(' api.test:65536'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A port of six digits', host(' api.test:000080'), { ...bad, or: probed }, { deno: stays }),
  must('RFC 9112 §3.2', 'A negative port', host(' api.test:-1'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A port with a sign', host(' api.test:+80'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A port in hexadecimal', host(' api.test:0x50'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'Two ports', host(' api.test:80:80'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'Two colons', host(' api.test::80'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A space before the port', host(' api.test :80'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A tab within the host', host(' api\t.test'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A URL', host(' http://api.test'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A slash at the end', host(' api.test/'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'An escape that is none', host(' api%zztest'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A letter beyond ASCII', host(' caf\xe9.test'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'Markup', host(' <script>'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'Quotes', host(' "api.test"'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A password', host(' me:hunter2@api.test'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'A bracket that stays open', host(' [::1'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'Letters behind the bracket', host(' [::1]api.test'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'An IPv6 address without brackets', host(' ::1'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'Colons that are no IPv6 address', host(' [:::]'), bad, { deno: stays }),
  must('RFC 9112 §3.2', 'An IPv6 address that is too short', host(' [1:2]'), bad, { deno: stays }),
  ours('RFC 6874 §2', 'An IPv6 address with a zone', host(' [fe80::1%25eth0]'), bad, { deno: stays }),
  must('RFC 9110 §4.2.1', 'A port without a host', host(' :80'), bad, { deno: stays }),
  must(
    'RFC 9112 §3.2',
    'Two Hosts, the second in another case',
    bare(LINE, ['Host: api.test', 'HOST: other.test']),
    bad,
    { deno: parser(400) },
  ),
  must('RFC 9112 §3.2', 'Two Hosts, the first one empty', bare(LINE, ['Host:', 'Host: api.test']), bad, {
    deno: parser(400),
  }),
  must(
    'RFC 9112 §3.2',
    'Two Hosts far apart',
    bare(LINE, ['Host: api.test', 'X-A: 1', 'X-B: 2', 'Host: api.test']),
    bad,
    { deno: parser(400) },
  ),
  must(
    'RFC 9112 §3.2',
    'Two Hosts in HTTP/1.0',
    bare('GET /probe HTTP/1.0', ['Host: api.test', 'Host: other.test']),
    bad,
  ),
  must('RFC 9112 §3.2', 'A wrong Host in HTTP/1.0', bare('GET /probe HTTP/1.0', ['Host: api.test/x']), bad),
  must('RFC 9112 §3.2', 'An absolute target and no Host', bare('GET http://api.test/probe HTTP/1.1'), bad, {
    bun: parser(400),
    deno: because(DENO_NO_HOST, probed),
  }),
  must(
    'RFC 9112 §3.2',
    'An absolute target and two Hosts',
    bare('GET http://api.test/probe HTTP/1.1', ['Host: api.test', 'Host: api.test']),
    bad,
    { deno: parser(400) },
  ),
  must(
    'RFC 9112 §3.2',
    'An absolute target and a wrong Host',
    bare('GET http://api.test/probe HTTP/1.1', ['Host: a b']),
    bad,
    { deno: stays },
  ),
  must('RFC 9112 §3.2', 'No Host on an unknown path', bare('GET /no/such HTTP/1.1'), bad, {
    bun: parser(400),
    deno: because(DENO_NO_HOST, notFound),
  }),
  must(
    'RFC 9110 §9.3.2',
    'HEAD without Host is refused without a body',
    bare('HEAD /probe HTTP/1.1'),
    closing(toHead(400)),
    { deno: because(DENO_NO_HOST, toHead(200)) },
  ),
  must(
    'RFC 9110 §9.3.2',
    'HEAD with two Hosts is refused without a body',
    bare('HEAD /probe HTTP/1.1', ['Host: a', 'Host: b']),
    closing(toHead(400)),
  ),
  must(
    'RFC 9112 §3.2',
    'A field that begins like Host is none',
    bare(LINE, ['Hosts: api.test', 'X-Host: api.test']),
    bad,
    { bun: parser(400), deno: because(DENO_NO_HOST, probed) },
  ),
  ours(
    'RFC 9110 §7.2',
    'X-Forwarded-Host of a stranger changes no URL',
    bare('GET /paths/url HTTP/1.1', ['Host: api.test', 'X-Forwarded-Host: other.test', 'Forwarded: host=other.test']),
    at('http://api.test/paths/url'),
  ),
]
