import { type Case, type Expected, get, post, refused } from '../case.ts'

const part = (range: string, text: string): Expected => ({
  status: 206,
  text,
  headers: { 'content-range': `bytes ${range}/12`, 'content-length': String(text.length) },
})
const beyond = refused(416, 'range_not_satisfiable', { headers: { 'content-range': 'bytes */12' } })
const whole: Expected = { status: 200, text: 'twelve bytes', headers: { 'accept-ranges': 'bytes' } }
const packed = (coding: string | null): Expected => ({
  status: 200,
  headers: {
    'content-encoding': coding,
    vary: 'Accept-Encoding',
    'content-length': coding === null ? '4000' : /^\d{2}$/,
  },
})

const unpacked: Expected = {
  status: 200,
  text: 'tea '.repeat(1000),
  headers: { 'content-encoding': null, vary: null, 'content-length': '4000' },
}

/** Each kind of reply. */
export const replies: readonly Case[] = [
  get('JSON has its length', '/things/1', {
    status: 200,
    json: { id: 1, name: 'kettle' },
    headers: { 'content-type': 'application/json', 'content-length': '24' },
  }),
  get('Text says that it is UTF-8', '/replies/text', {
    status: 200,
    text: 'grüße',
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': '7' },
  }),
  get('Bytes', '/replies/bytes', {
    status: 200,
    bytes: [0, 1, 2, 255],
    headers: { 'content-type': 'image/x-dots', 'content-length': '4' },
  }),
  get('A stream of text and bytes', '/replies/stream', {
    status: 200,
    text: 'a,b\n1,2\nü\n',
    headers: { 'content-type': 'text/csv' },
  }),
  get('A list as a stream', '/replies/list', { status: 200, text: 'a\nb\n' }),
  get('A web stream', '/replies/web', { status: 200, text: 'from a web stream\n' }),
  get('A file has its type, its length and its name', '/replies/file', {
    status: 200,
    text: 'twelve bytes',
    headers: {
      'content-type': /^text\/plain/,
      'content-length': '12',
      'content-disposition': `attachment; filename="na_ve _plan_.txt"; filename*=UTF-8''na%C3%AFve%20%22plan%22.txt`,
    },
  }),
  get('A blob of a declared type', '/replies/blob', {
    status: 200,
    text: '%PDF',
    headers: { 'content-type': 'application/pdf', 'content-disposition': null, 'content-length': '4' },
  }),
  get('A part of a file', '/replies/file', part('7-11', 'bytes'), { headers: [['Range', 'bytes=7-']] }),
  get('The last octets of a file', '/replies/file', part('9-11', 'tes'), { headers: [['Range', 'bytes=-3']] }),
  get('No part of a file', '/replies/file', beyond, { headers: [['Range', 'bytes=12-']] }),
  get('A part of another version of a file', '/replies/file', whole, {
    headers: [
      ['Range', 'bytes=7-'],
      ['If-Range', '"other"'],
    ],
  }),
  ...['gzip', 'br', 'zstd'].map((coding) =>
    get(`A reply in ${coding}`, '/replies/packed', packed(coding), { headers: [['Accept-Encoding', coding]] }),
  ),
  get('A reply that is not to be coded', '/replies/unpacked', unpacked, {
    headers: [['Accept-Encoding', 'gzip, br, zstd, deflate']],
  }),
  get('A reply in no coding', '/replies/packed', packed(null), { headers: [['Accept-Encoding', 'gzip;q=0']] }),
  get('A redirect escapes its address', '/replies/redirect', {
    status: 303,
    empty: true,
    headers: { location: '/things/%C3%BC?q=1' },
  }),
  get('A redirect elsewhere that keeps the method', '/replies/moved', {
    status: 308,
    empty: true,
    headers: { location: 'https://elsewhere.example/x' },
  }),
  get('No content', '/replies/nothing', {
    status: 204,
    empty: true,
    headers: { 'content-length': null, 'content-type': null },
  }),
  get('Nothing declared and nothing returned', '/replies/undeclared', {
    status: 204,
    empty: true,
    headers: { 'content-length': null },
  }),
  post('Created, with its Location', '/things', '{"name":"pot"}', {
    status: 201,
    json: { id: 7, name: 'pot' },
    headers: { location: '/things/7' },
  }),
  {
    name: 'Accepted',
    method: 'POST',
    target: '/replies/accepted',
    headers: [['Content-Length', '0']],
    reply: { status: 202, json: { job: 'j1' } },
  },
  get('A page of a cursor, its next page in Link', '/things?limit=1', {
    status: 200,
    json: { items: [{ id: 1, name: 'kettle' }], next_cursor: '2' },
    headers: { link: '</things?limit=1&cursor=2>; rel="next"' },
  }),
  get('The last page has no Link', '/things', {
    status: 200,
    json: { items: [{ id: 1, name: 'kettle' }], next_cursor: null },
    headers: { link: null },
  }),
  get('A page of an offset, the pages around it in Link', '/offsets?limit=10&offset=10', {
    status: 200,
    json: { items: [{ id: 10, name: 'kettle' }], total: 30 },
    headers: {
      link: '</offsets?limit=10&offset=0>; rel="first", </offsets?limit=10&offset=0>; rel="prev", </offsets?limit=10&offset=20>; rel="next", </offsets?limit=10&offset=20>; rel="last"',
    },
  }),
  get('One of several replies: JSON', '/replies/many/full', { status: 200, json: { full: true } }),
  get('One of several replies: text', '/replies/many/text', { status: 203, text: 'some' }),
  get('One of several replies: none', '/replies/many/none', { status: 204, empty: true }),
  get('A stated reply with its header fields, one of them twice', '/replies/stated', {
    status: 200,
    json: { id: 1, name: 'kettle' },
    headers: { 'x-total': '3', 'set-cookie': 'a=1, b=2' },
  }),
  get('A reply that is not what it declares says nothing', '/replies/wrong', refused(500, 'internal_error')),
  get('A handler that fails says nothing', '/replies/broken', refused(500, 'internal_error')),
  get('A problem that a handler throws', '/things/404', refused(404, 'not_found')),
  post('A problem with members of its own', '/things', '{"name":"taken"}', {
    status: 409,
    headers: { 'content-type': 'application/problem+json' },
    json: {
      type: 'about:blank',
      title: 'Name taken',
      status: 409,
      code: 'name_taken',
      detail: 'Somebody has that name',
      name: 'taken',
    },
  }),
  get('The error envelope, of a problem', '/formats/envelope/409', {
    status: 409,
    headers: { 'content-type': 'application/json' },
    json: { error: { code: 'name_taken', message: 'Name taken', field: null, details: { name: 'kettle' } } },
  }),
  get('The error envelope, of a refused field', '/formats/envelope/x', {
    status: 422,
    headers: { 'content-type': 'application/json' },
    json: {
      error: {
        code: 'invalid_input',
        message: 'Invalid input: expected number, received string',
        field: '/params/id',
        fields: [
          { pointer: '/params/id', code: 'invalid_type', message: 'Invalid input: expected number, received string' },
        ],
      },
    },
  }),
  get('An error format of its own', '/formats/custom', {
    status: 400,
    headers: { 'content-type': 'application/vnd.fault+json' },
    json: { fault: '400 bad_request' },
  }),
]
