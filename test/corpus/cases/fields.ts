import { PARSERS, parser } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import { BUN_DEL, DENO_LF, because } from '../reasons.ts'
import { bad, field, probed } from '../replies.ts'
import { bare, request } from '../requests.ts'

const LINE = 'GET /probe HTTP/1.1'
const told = (name: string, ...fields: string[]): string => request(`GET /fields/${name} HTTP/1.1`, fields)
const given = (...fields: string[]): string => request(LINE, fields)

/** Header fields (RFC 9112 §5, RFC 9110 §5): a name, a colon, a value. */
export const fields: readonly CorpusCase[] = [
  must('RFC 9112 §5.1', 'White space around a value is none of it', told('x-a', 'X-A: \t a b\t '), field('a b')),
  must('RFC 9112 §5', 'No space before a value', told('x-a', 'X-A:a'), field('a')),
  must('RFC 9112 §5', 'An empty value', told('x-a', 'X-A:'), field('')),
  must('RFC 9112 §5', 'A value of blanks is empty', told('x-a', 'X-A: \t '), field('')),
  must('RFC 9112 §5', 'A value with colons', told('x-a', 'X-A: a:b: c'), field('a:b: c')),
  must('RFC 9110 §5.5', 'A tab within a value', told('x-a', 'X-A: a\tb'), field('a\tb')),
  must('RFC 9110 §5.1', 'Names in any case are one name', told('x-a', 'x-A: a'), field('a')),
  must(
    'RFC 9110 §5.2',
    'Fields of one name are one list, in their order',
    told('x-a', 'X-A: a', 'X-B: c', 'x-a: b'),
    field('a, b'),
  ),
  must('RFC 9110 §5.6.2', 'A name of every token character', told('x', "!#$%&'*+-.^_`|~09Az: a"), field(null)),
  should('RFC 6265 §4.2.1', 'Cookies', told('cookie', 'Cookie: a=1; b=2'), field('a=1; b=2')),
  should('RFC 9110 §5.5', 'Bytes beyond ASCII in a value', told('x-a', 'X-A: caf\xe9'), field('caf\xe9')),
  ours(
    'RFC 9110 §5.1',
    'A name of a prototype',
    told('x-a', '__proto__: a', 'constructor: b', 'hasOwnProperty: c'),
    field(null),
  ),
  ours('RFC 9110 §5.1', 'A field of a prototype that nobody sent', told('constructor'), field(null)),
  ours('RFC 9110 §5.1', 'An underscore is no hyphen', told('x-a', 'X_A: a'), field(null)),

  must('RFC 9112 §5.1', 'A space before the colon', given('X-A : a'), bad, PARSERS),
  must('RFC 9112 §5.1', 'A tab before the colon', given('X-A\t: a'), bad, PARSERS),
  must('RFC 9112 §5.1', 'A space before the colon of Host', bare(LINE, ['Host : api.test']), bad, PARSERS),
  must('RFC 9112 §5.2', 'A folded field, by a tab', given('X-A: a', '\tb'), bad, PARSERS),
  must('RFC 9112 §5.2', 'A folded field at the end of the section', given('X-A: a', ' '), bad, PARSERS),
  must('RFC 9112 §5.2', 'A folded Host', bare(LINE, ['Host:', ' api.test']), bad, PARSERS),
  must('RFC 9112 §2.2', 'A space before the first field', bare(LINE, [' Host: api.test']), bad, PARSERS),
  must('RFC 9112 §2.2', 'A tab before the first field', bare(LINE, ['\tX-A: a', 'Host: api.test']), bad, PARSERS),
  must('RFC 9112 §2.2', 'A line of a space before the first field', bare(LINE, [' ', 'Host: api.test']), bad, PARSERS),

  should('RFC 9110 §5.1', 'A space within a name', given('X A: a'), bad, PARSERS),
  should('RFC 9110 §5.1', 'A parenthesis in a name', given('X(A): a'), bad, PARSERS),
  should('RFC 9110 §5.1', 'A slash in a name', given('X/A: a'), bad, PARSERS),
  should('RFC 9110 §5.1', 'Quotes around a name', given('"X-A": a'), bad, PARSERS),
  should('RFC 9110 §5.1', 'An at sign in a name', given('X@A: a'), bad, PARSERS),
  should('RFC 9110 §5.1', 'A brace in a name', given('X{A}: a'), bad, PARSERS),
  should('RFC 9110 §5.1', 'A byte beyond ASCII in a name', given('X-\xe9: a'), bad, PARSERS),
  should('RFC 9110 §5.1', 'NUL in a name', given('X-\0A: a'), bad, PARSERS),
  should('RFC 9110 §5.1', 'DEL in a name', given('X-\x7fA: a'), bad, PARSERS),
  should('RFC 9110 §5.1', 'A vertical tab before the colon', given('X-A\x0b: a'), bad, PARSERS),
  should('RFC 9112 §5', 'Only a colon', given(':'), bad, PARSERS),
  should('RFC 9112 §5', 'A name and no colon', given('X-A'), bad, PARSERS),
  should('RFC 9112 §5', 'A second request line', given(LINE), bad, PARSERS),

  must('RFC 9110 §5.5', 'NUL at the end of a value', given('X-A: a\0'), bad, PARSERS),
  must('RFC 9110 §5.5', 'NUL in place of a value', given('X-A: \0'), bad, PARSERS),
  must('RFC 9112 §2.2', 'A bare CR at the end of a value', given('X-A: a\r'), bad, PARSERS),
  must('RFC 9112 §2.2', 'A bare CR in place of a value', given('X-A:\rb'), bad, PARSERS),
  must('RFC 9112 §2.2', 'A bare CR in a name', given('X\r-A: b'), bad, PARSERS),
  must('RFC 9112 §2.2', 'A field after a bare CR', given('X-A: a\rX-B: b'), bad, PARSERS),
  must('RFC 9112 §2.2', 'A CR before the last line end', `${LINE}\r\nHost: api.test\r\n\r\r\n`, bad, PARSERS),
  ours('RFC 9112 §2.2', 'A field that ends in LF', given('X-A: a\nX-B: b'), bad, {
    bun: parser(400),
    deno: because(DENO_LF, probed),
  }),
  ours('RFC 9112 §2.2', 'A header section that ends in LF', `${LINE}\r\nHost: api.test\r\n\n`, bad, {
    bun: parser(400),
    deno: because(DENO_LF, probed),
  }),
  ours('RFC 9112 §2.2', 'Line ends of LF and CR', `${LINE}\r\nHost: api.test\n\r\n\r`, bad, {
    bun: parser(400),
    deno: because(DENO_LF, { ...probed, waits: true }),
  }),
  ours('RFC 9110 §5.5', 'A bell in a value', given('X-A: a\x07b'), bad, PARSERS),
  ours('RFC 9110 §5.5', 'A vertical tab in a value', given('X-A: a\x0bb'), bad, PARSERS),
  ours('RFC 9110 §5.5', 'An escape character in a value', given('X-A: \x1b[31m'), bad, PARSERS),
  ours('RFC 9110 §5.5', 'DEL in a value', given('X-A: a\x7fb'), bad, {
    bun: because(BUN_DEL, probed),
    deno: parser(400),
  }),
  must('RFC 9110 §6.6.1', 'A reply says when it was made', request(LINE), {
    ...probed,
    headers: { date: /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/ },
  }),
  must(
    'RFC 9110 §6.6.1',
    'So does the refusal of a malformed request',
    given('X A: a'),
    {
      ...bad,
      headers: { date: / GMT$/ },
    },
    {
      ...PARSERS,
      node: because('What refuses for the parser of node:http writes no Date.', { ...bad, headers: { date: null } }),
    },
  ),
]
