import { GONE, PARSERS, parser, stays } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import { DENO_EMPTY_LINES, DENO_LF, NODE_EMPTY_LINES, NODE_VERSION, because, silent } from '../reasons.ts'
import { bad, closing, maybeClosing, otherVersion, probed, uncoded, unknownMethod } from '../replies.ts'
import { PROBE, bare, request } from '../requests.ts'

/** The request line (RFC 9112 §3): a method, a target and a version, with one space between them. */
export const requestLine: readonly CorpusCase[] = [
  should('RFC 9112 §3', 'Two spaces after the method', request('GET  /probe HTTP/1.1'), bad, {
    ...PARSERS,
    node: because('The parser of node:http takes several spaces for one.', probed),
  }),
  should('RFC 9112 §3', 'Two spaces before the version', request('GET /probe  HTTP/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
    node: because('The parser of node:http takes several spaces for one.', probed),
  }),
  should('RFC 9112 §3', 'A tab after the method', request('GET\t/probe HTTP/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §3', 'A tab before the version', request('GET /probe\tHTTP/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §3', 'A vertical tab after the method', request('GET\x0b/probe HTTP/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §3', 'A form feed before the version', request('GET /probe\x0cHTTP/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §3', 'A space before the method', request(' GET /probe HTTP/1.1'), bad, PARSERS),
  should('RFC 9112 §3', 'A space after the version', request('GET /probe HTTP/1.1 '), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §3', 'A tab after the version', request('GET /probe HTTP/1.1\t'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §3', 'A word after the version', request('GET /probe HTTP/1.1 HTTP/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §3', 'No method', request('/probe HTTP/1.1'), bad, PARSERS),
  should('RFC 9112 §3', 'A space in place of the method', request(' /probe HTTP/1.1'), bad, PARSERS),
  should('RFC 9112 §3', 'No target', request('GET HTTP/1.1'), bad, PARSERS),
  should('RFC 9112 §3', 'An empty target', request('GET  HTTP/1.1'), bad, PARSERS),
  should('RFC 9112 §3', 'No version, as in HTTP/0.9', 'GET /probe\r\n\r\n', bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §3', 'No space before the target', request('GET/probe HTTP/1.1'), bad, PARSERS),
  should('RFC 9112 §3', 'A reply in place of a request', bare('HTTP/1.1 200 OK', ['Content-Length: 0']), bad, PARSERS),

  should('RFC 9110 §9.1', 'A method with a parenthesis', request('GE(T /probe HTTP/1.1'), bad, PARSERS),
  should('RFC 9110 §9.1', 'A method in quotes', request('"GET" /probe HTTP/1.1'), bad, PARSERS),
  should('RFC 9110 §9.1', 'A method with a colon', request('GET: /probe HTTP/1.1'), bad, PARSERS),
  should('RFC 9110 §9.1', 'A method with NUL', request('G\0ET /probe HTTP/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9110 §9.1', 'A method with a letter beyond ASCII', request('G\xc9T /probe HTTP/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should(
    'RFC 9110 §9.1',
    'A byte order mark before the method',
    request('\xef\xbb\xbfGET /probe HTTP/1.1'),
    bad,
    PARSERS,
  ),
  should('RFC 9110 §9.1', 'A method in mixed case is another method', request('Get /probe HTTP/1.1'), unknownMethod, {
    bun: GONE,
  }),
  should('RFC 9110 §9.1', 'A method that begins like one', request('GETS /probe HTTP/1.1'), unknownMethod, {
    bun: GONE,
  }),
  should(
    'RFC 9110 §9.1',
    'A method with every other token character',
    request("!#$%&'*+-.^_`|~9 / HTTP/1.1"),
    unknownMethod,
    { bun: parser(400) },
  ),
  should(
    'RFC 9110 §9.1',
    'An unknown method of 32 characters',
    request(`${'M'.repeat(32)} / HTTP/1.1`),
    unknownMethod,
    { bun: GONE },
  ),
  should('RFC 9112 §3', 'A method longer than any', request(`${'M'.repeat(33)} / HTTP/1.1`), maybeClosing(uncoded), {
    bun: GONE,
  }),
  should('RFC 9112 §3', 'A method of 10,000 characters', request(`${'M'.repeat(10_000)} / HTTP/1.1`), uncoded, {
    bun: GONE,
    deno: stays,
    node: because('Over node:http a request line is looked for in 8 KB before its method is said to be unknown.', bad),
  }),

  should('RFC 9112 §2.3', 'The name of the protocol in lower case', request('GET /probe http/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §2.3', 'Another protocol', request('GET /probe HTTPS/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §2.3', 'A version without its second number', request('GET /probe HTTP/1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §2.3', 'A version that breaks off', request('GET /probe HTTP/1.'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §2.3', 'A version with a comma', request('GET /probe HTTP/1,1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §2.3', 'A version with two digits', request('GET /probe HTTP/1.10'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §2.3', 'A version with a leading zero', request('GET /probe HTTP/01.1'), maybeOther(), {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §2.3', 'A version of three numbers', request('GET /probe HTTP/1.1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §2.3', 'A space in the version', request('GET /probe HTTP/1. 1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §2.3', 'A version with a sign', request('GET /probe HTTP/+1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  ours('RFC 9110 §2.5', 'HTTP/1.2', request('GET /probe HTTP/1.2'), otherVersion, {
    bun: parser(505),
    deno: parser(400),
    node: because(NODE_VERSION, bad),
  }),
  ours('RFC 9110 §15.6.6', 'HTTP/2.0', request('GET /probe HTTP/2.0'), otherVersion, {
    bun: parser(505),
    deno: parser(400),
    node: because('The parser of node:http lets HTTP/0.9 and HTTP/2.0 pass.', closing(probed)),
  }),
  ours('RFC 9110 §15.6.6', 'HTTP/3.0', request('GET /probe HTTP/3.0'), otherVersion, {
    bun: parser(505),
    deno: parser(400),
    node: because(NODE_VERSION, bad),
  }),
  ours('RFC 9110 §15.6.6', 'HTTP/0.9', request('GET /probe HTTP/0.9'), otherVersion, {
    bun: parser(505),
    deno: parser(400),
    node: because('The parser of node:http lets HTTP/0.9 and HTTP/2.0 pass.', closing(probed)),
  }),
  ours('RFC 9113 §3.4', 'The preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', otherVersion, {
    bun: parser(400),
    deno: silent('Deno speaks HTTP/2 with whoever begins to.'),
    node: because(NODE_VERSION, bad),
  }),

  ours('RFC 9112 §2.2', 'Two empty lines before a request', `\r\n\r\n${PROBE}`, bad, {
    bun: parser(400),
    deno: because(DENO_EMPTY_LINES, probed),
    node: because(NODE_EMPTY_LINES, probed),
  }),
  ours('RFC 9112 §2.2', 'An empty line of LF before a request', `\n${PROBE}`, bad, {
    bun: parser(400),
    deno: because(DENO_EMPTY_LINES, probed),
    node: because(NODE_EMPTY_LINES, probed),
  }),
  must('RFC 9112 §2.2', 'A bare CR before a request', `\r${PROBE}`, bad, {
    ...PARSERS,
    node: because(NODE_EMPTY_LINES, probed),
  }),
  must('RFC 9112 §2.2', 'Two CRs in the empty line before a request', `\r\r\n${PROBE}`, bad, {
    ...PARSERS,
    node: because(NODE_EMPTY_LINES, probed),
  }),
  should('RFC 9112 §2.2', 'A space in the empty line before a request', ` \r\n${PROBE}`, bad, PARSERS),
  ours('RFC 9112 §2.2', 'A request line that ends in LF', 'GET /probe HTTP/1.1\nHost: api.test\r\n\r\n', bad, {
    bun: parser(505),
    deno: because(DENO_LF, probed),
  }),
  must('RFC 9112 §2.2', 'A request line that ends in CR', 'GET /probe HTTP/1.1\rHost: api.test\r\n\r\n', bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  must('RFC 9112 §2.2', 'A bare CR after the method', request('GET\r/probe HTTP/1.1'), bad, PARSERS),
  must('RFC 9112 §2.2', 'A bare CR after the target', request('GET /probe\r HTTP/1.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  must('RFC 9112 §2.2', 'A bare CR within the version', request('GET /probe HTTP/1\r.1'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  must('RFC 9112 §2.2', 'Two CRs at the end', request('GET /probe HTTP/1.1\r'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
]

/** `HTTP/01.1` begins like another version. */
function maybeOther(): typeof bad {
  return { ...bad, or: otherVersion }
}
