import { type Case, type Expected, get, post, refused } from '../case.ts'

const XML = 'application/xml; charset=utf-8'
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
const NIL = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
const AS_XML = `${HEAD}<value${NIL}><id>1</id><text>a &lt;b&gt; &amp; "c"&#13;\nü 😀��</text><tags>x</tags><tags/><gone xsi:nil="true"/></value>`
const AS_JSON = { id: 1, text: 'a <b> & "c"\r\nü 😀\0\ud800', tags: ['x', ''], gone: null }

const accepting = (name: string, target: string, accept: string, reply: Expected): Case =>
  get(name, target, reply, { headers: [['Accept', accept]] })
const sending = (name: string, body: string | Uint8Array, reply: Expected, type = 'application/xml'): Case =>
  post(name, '/forms/note', body, reply, { headers: [['Content-Type', type]] })

const taken = (text: string, more: object = {}): Expected => ({
  status: 201,
  json: { id: 7, text, tags: [], gone: null, ...more },
  headers: { vary: /accept/i, location: '/forms/note' },
})
const malformed = (detail: string): Expected => refused(400, 'malformed_body', { detail, headers: { vary: /accept/i } })
const document = (text: string): string => `<note><id>7</id><text>${text}</text></note>`

/** What is sent and given as another type than JSON, and how that is chosen. */
export const contentTypes: readonly Case[] = [
  get('The first form is for who does not say', '/forms/note', {
    status: 200,
    json: AS_JSON,
    headers: { 'content-type': 'application/json', vary: /accept/i },
  }),
  accepting('XML', '/forms/note', 'application/xml', {
    status: 200,
    text: AS_XML,
    headers: { 'content-type': XML, vary: /accept/i, 'content-length': String(Buffer.byteLength(AS_XML)) },
  }),
  accepting('A weight', '/forms/note', 'application/json;q=0.1, application/*;q=0.5', { status: 200, text: AS_XML }),
  accepting('A weight of nothing', '/forms/note', '*/*, application/json;q=0', { status: 200, text: AS_XML }),
  accepting('An empty Accept says nothing', '/forms/note', '', { status: 200, json: AS_JSON }),
  {
    name: 'Accept in two lines is one list',
    raw: 'GET /forms/note HTTP/1.1\r\nHost: api.test\r\nAccept: image/png\r\nAccept: application/xml\r\n\r\n',
    reply: { status: 200, text: AS_XML },
  },
  accepting(
    'Nothing that there is',
    '/forms/note',
    'image/png, text/*',
    refused(406, 'not_acceptable', { detail: 'application/json, application/xml', headers: { vary: /accept/i } }),
  ),
  accepting(
    'A failure says what chose it',
    '/forms/broken',
    'application/xml',
    refused(404, 'not_found', { headers: { vary: /accept/i } }),
  ),
  {
    name: 'HEAD has the fields of that form',
    method: 'HEAD',
    target: '/forms/note',
    headers: [['Accept', 'application/xml']],
    reply: { status: 200, empty: true, headers: { 'content-type': XML, vary: /accept/i } },
  },
  {
    name: 'HEAD of rows makes none',
    method: 'HEAD',
    target: '/forms/rows',
    headers: [['Accept', 'text/csv']],
    reply: { status: 200, empty: true, headers: { 'content-type': /^text\/csv/, vary: /accept/i } },
  },
  accepting('CSV', '/forms/list', 'text/csv', {
    status: 200,
    text: 'id,text,tags,gone\r\n1,"=1+1, ""x""","[""x"",""""]",\r\n',
    headers: { 'content-type': 'text/csv; charset=utf-8; header=present' },
  }),
  accepting('NDJSON', '/forms/list', 'application/x-ndjson', {
    status: 200,
    text: '{"id":1,"text":"=1+1, \\"x\\"","tags":["x",""],"gone":null}\n',
    headers: { 'content-type': 'application/x-ndjson' },
  }),
  accepting('Rows as JSON', '/forms/rows', 'application/json', {
    status: 200,
    text: '[{"id":1,"text":"a","tags":["x",""],"gone":null},{"id":2,"text":"ü\\n","tags":["x",""],"gone":null}]',
  }),
  accepting('Rows as CSV', '/forms/rows', 'text/csv', {
    status: 200,
    text: 'id,text,tags,gone\r\n1,a,"[""x"",""""]",\r\n2,"ü\n","[""x"",""""]",\r\n',
  }),
  accepting('Rows as XML', '/forms/rows', 'application/xml', {
    status: 200,
    text: `${HEAD}<items${NIL}><item><id>1</id><text>a</text><tags>x</tags><tags/><gone xsi:nil="true"/></item><item><id>2</id><text>ü\n</text><tags>x</tags><tags/><gone xsi:nil="true"/></item></items>`,
  }),
  accepting('Rows as lines', '/forms/rows', 'application/x-ndjson', {
    status: 200,
    text: '{"id":1,"text":"a","tags":["x",""],"gone":null}\n{"id":2,"text":"ü\\n","tags":["x",""],"gone":null}\n',
  }),

  sending('An XML body', document('a'), taken('a')),
  sending(
    'An XML body of lists and null',
    '<n><id> 7 </id><tags>a</tags><text/><tags>b</tags></n>',
    taken('', { tags: ['a', 'b'] }),
  ),
  sending('References, CDATA, comments', document('&lt;&#x1F600;&#252;<!-- x --><![CDATA[<&]]>'), taken('<😀ü<&')),
  sending('Line ends are one character', document('a\r\nb\rc&#13;'), taken('a\nb\nc\r')),
  sending(
    'A byte order mark and a declaration',
    `\ufeff<?xml version="1.0" encoding="UTF-8"?>${document('a')}`,
    taken('a'),
  ),
  sending('Characters beyond the first plane', document('😀ü'), taken('😀ü')),
  sending('A charset', document('a'), taken('a'), 'application/xml; charset=UTF-8'),
  sending(
    'Another encoding',
    document('a'),
    refused(415, 'unsupported_media_type'),
    'application/xml; charset=iso-8859-1',
  ),
  sending(
    'Another encoding in the declaration',
    `<?xml version="1.0" encoding="latin1"?>${document('a')}`,
    malformed('UTF-8'),
  ),
  sending('A DOCTYPE', `<!DOCTYPE n [<!ENTITY a "b">]>${document('&a;')}`, malformed('DOCTYPE')),
  sending('A processing instruction', `<?a b?>${document('a')}`, malformed('processing instruction')),
  sending('An entity of nobody', document('&nbsp;'), malformed('five entities')),
  sending('A control character', document('\u0001'), malformed('character')),
  sending(
    'Bytes that are no UTF-8',
    new Uint8Array([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]),
    refused(400, 'malformed_body'),
  ),
  sending('XML that breaks off', '<n><id>7</id>', malformed('<n> is still open')),
  sending('Deep XML', '<a>'.repeat(101), malformed('deeper than 100')),
  sending('A __proto__', '<n><__proto__/></n>', malformed('__proto__')),
  sending(
    'Fields that are wrong',
    '<n><id>x</id></n>',
    refused(422, 'invalid_input', { pointers: ['/body/id', '/body/text'] }),
  ),
  sending(
    'A form in its place',
    'text=a',
    { status: 201, json: { ...AS_JSON, text: 'a' } },
    'application/x-www-form-urlencoded',
  ),
  sending(
    'Another type is told all that are taken',
    'a',
    refused(415, 'unsupported_media_type', {
      headers: { accept: 'application/json, application/x-www-form-urlencoded, application/xml', vary: /accept/i },
    }),
    'text/plain',
  ),
  sending('text/xml is another type', document('a'), refused(415, 'unsupported_media_type'), 'text/xml'),
]
