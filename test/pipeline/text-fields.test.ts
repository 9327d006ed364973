import { type Schema, api, form, get, post } from 'trestle'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { formOf, onEveryWire } from './wires.ts'

const fields = api({
  typed: get(
    '/typed',
    {
      query: z.object({
        number: z.number().optional(),
        int: z.int().optional(),
        flag: z.boolean().optional(),
        big: z.bigint().optional(),
        list: z.array(z.int()).optional(),
        words: z.array(z.string()).max(3).optional(),
        choice: z.enum(['a', 'b']).optional(),
        level: z.union([z.literal(1), z.literal(2)]).optional(),
        unset: z.enum(['a']).nullable().optional(),
        either: z.union([z.int(), z.enum(['all'])]).optional(),
        text: z.string().optional(),
        date: z.coerce.date().optional(),
        'a/b~c': z.int().optional(),
        least: z.int().default(5),
      }),
    },
    ({ query }) => ({ ...query, big: query.big?.toString() }),
  ),
  strict: get('/strict', { query: z.strictObject({ a: z.string().optional() }) }, ({ query }) => query),
  loose: get('/loose', { query: z.looseObject({}) }, ({ query }) => ({
    query,
    admin: (query as { admin?: string }).admin,
  })),
  record: get('/record', { query: z.record(z.string(), z.unknown()) }, ({ query }) => query),
  params: get(
    '/params/{int}/{flag}/{big}',
    { params: z.object({ int: z.int(), flag: z.boolean(), big: z.bigint() }) },
    ({ params }) => ({
      ...params,
      big: params.big.toString(),
    }),
  ),
  number: get('/numbers/{id}', { params: z.object({ id: z.int() }) }, ({ params }) => params),
  headers: get(
    '/headers',
    {
      headers: z.object({
        'x-count': z.int(),
        'x-flag': z.boolean().optional(),
        'x-tags': z.array(z.string()).optional(),
      }),
    },
    ({ headers }) => headers,
  ),
  allHeaders: get('/all-headers', { headers: z.record(z.string(), z.string()) }, ({ headers }) => ({
    own: Object.hasOwn(headers, '__proto__'),
    constructor: headers.constructor,
  })),
  cookies: get(
    '/cookies',
    { cookies: z.object({ session: z.string(), visits: z.int().optional() }) },
    ({ cookies }) => cookies,
  ),
  anyCookies: get('/any-cookies', { cookies: z.looseObject({}) }, ({ cookies }) => cookies),
  form: post(
    '/form',
    {
      body: form(z.object({ name: z.string(), age: z.int().optional(), tags: z.array(z.string()).optional() })),
      limits: { body: 2_000_000 },
    },
    ({ body }) => body,
  ),
  looseForm: post('/loose-form', { body: form(z.looseObject({})), limits: { body: 2_000_000 } }, ({ body }) => ({
    keys: Object.keys(body).length,
  })),
})

onEveryWire('Query fields', (open) => {
  describe.each([
    [
      'number',
      ['7', '-7', '0', '1.5', '1e3', '-0', '1E+2'],
      [
        '',
        ' 1',
        '1 ',
        '0x10',
        '0b1',
        'Infinity',
        'NaN',
        '+1',
        '٣',
        '1_000',
        '1,5',
        '01',
        '.5',
        '5.',
        '1e',
        'true',
        'null',
        '１',
      ],
    ],
    [
      'int',
      ['7', '-7', '0', '1e3'],
      ['', '1.5', '9007199254740993', '0x10', 'Infinity', '+1', '٣', '1n', 'true', '1'.repeat(400), '1e400'],
    ],
    ['big', ['7', '-7', '9007199254740993', '0'], ['', '1.5', '1e3', '0x10', '+1', '٣', '1n', 'true', '1'.repeat(400)]],
    ['flag', ['true', 'false', '1', '0'], ['', 'TRUE', 'yes', 'on', '2', 'null', ' true', 'truе']],
    ['choice', ['a', 'b'], ['', 'A', 'c', 'a,b', 'toString', '__proto__']],
    ['level', ['1', '2'], ['', '3', '1.0x', '01', 'one']],
    ['either', ['1', 'all'], ['', 'none', '1.5']],
    ['unset', ['a', 'null'], ['b', 'none']],
  ])('%s', (name, good, bad) => {
    it.each(good)('takes %j', async (text) => {
      const running = await open(fields)
      const reply = await running.fetch(`/typed?${new URLSearchParams([[name, text]])}`)
      expect(reply.status).toBe(200)
      const value = (await reply.json())[name]
      if (name === 'big') expect(value).toBe(BigInt(text).toString())
      else if (name === 'flag') expect(value).toBe(text === 'true' || text === '1')
      else if (name === 'unset') expect(value).toBe(text === 'null' ? null : text)
      else if (name === 'choice' || text === 'all') expect(value).toBe(text)
      else expect(value).toBe(Number(text) + 0)
    })

    it.each(bad)('refuses %j', async (text) => {
      const running = await open(fields)
      const reply = await running.fetch(`/typed?${new URLSearchParams([[name, text]])}`)
      expect(reply.status).toBe(422)
      expect((await reply.json()).errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([`/query/${name}`])
    })
  })

  const ask = async (search: string): Promise<unknown> => {
    const running = await open(fields)
    const reply = await running.fetch(`/typed?${search}`)
    const body = await reply.json()
    return reply.status === 200
      ? body
      : body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code])
  }

  it('a list is one field or many', async () => {
    expect(await ask('list=1')).toEqual({ list: [1], least: 5 })
    expect(await ask('list=1&list=2')).toEqual({ list: [1, 2], least: 5 })
    expect(await ask('list=1&list=x')).toEqual([['/query/list/1', 'invalid_type']])
    expect(await ask('words=1&words=2')).toEqual({ words: ['1', '2'], least: 5 })
    expect(await ask('words=a&words=b&words=c&words=d')).toEqual([['/query/words', 'too_big']])
  })

  it('a field that is no list comes once', async () => {
    expect(await ask('int=1&int=1')).toEqual([['/query/int', 'repeated']])
    expect(await ask('text=a&int=1&text=b&int=2')).toEqual([
      ['/query/text', 'repeated'],
      ['/query/int', 'repeated'],
    ])
    expect(await ask('a/b~c=1&a/b~c=2')).toEqual([['/query/a~1b~0c', 'repeated']])
  })

  it('text stays text, whatever it looks like', async () => {
    expect(await ask('text=7')).toEqual({ text: '7', least: 5 })
    expect(await ask('text=true')).toEqual({ text: 'true', least: 5 })
    expect(await ask('text=')).toEqual({ text: '', least: 5 })
    expect(await ask('text')).toEqual({ text: '', least: 5 })
    expect(await ask('text=a%20b+c%2Bd')).toEqual({ text: 'a b c+d', least: 5 })
    expect(await ask('text=a=b')).toEqual({ text: 'a=b', least: 5 })
    expect(await ask('&&text=1&&')).toEqual({ text: '1', least: 5 })
  })

  it('a default holds where the field is absent, not where it is empty', async () => {
    expect(await ask('')).toEqual({ least: 5 })
    expect(await ask('least=')).toEqual([['/query/least', 'invalid_type']])
  })

  it('a coerced field gets its text', async () => {
    expect(await ask('date=2026-01-02')).toEqual({ date: '2026-01-02T00:00:00.000Z', least: 5 })
    expect(await ask('date=never')).toEqual([['/query/date', 'invalid_type']])
  })

  it('bad encoding is refused', async () => {
    expect(await ask('text=%ff')).toEqual([['/query', 'invalid_encoding']])
    expect(await ask('text=%zz')).toEqual([['/query', 'invalid_encoding']])
    expect(await ask('%c0%af=1')).toEqual([['/query', 'invalid_encoding']])
  })

  it('unknown fields go where the schema lets them', async () => {
    const running = await open(fields)
    expect(await (await running.fetch('/typed?color=red')).json()).toEqual({ least: 5 })
    const { errors } = await (await running.fetch('/strict?a=1&color=red')).json()
    expect(errors).toEqual([{ pointer: '/query/color', code: 'unrecognized_key', message: 'This field is not known' }])
  })

  it('__proto__, constructor and prototype pollute nothing', async () => {
    const running = await open(fields)
    const search =
      '__proto__=1&__proto__[admin]=1&constructor=2&prototype=3&constructor.prototype.admin=4&hasOwnProperty=5'
    const { query, admin } = await (await running.fetch(`/loose?${search}`)).json()
    expect(admin).toBeUndefined()
    expect(query).toEqual({
      '__proto__[admin]': '1',
      constructor: '2',
      prototype: '3',
      'constructor.prototype.admin': '4',
      hasOwnProperty: '5',
    })
    expect((await running.fetch(`/record?${search}`)).status).toBe(200)
    expect((await running.fetch('/typed?constructor=1&__proto__=2&toString=3')).status).toBe(200)
    expect(({} as { admin?: string }).admin).toBeUndefined()
  })
})

/** Words of one length, and what escapes make of others. */
const NAMES = ['', 'aa', 'ab', 'ac', 'ad', 'ae', 'bcd', 'a b', 'a+b', '%41', 'caf\u00e9']
const named = api({
  read: get(
    '/caf\u00e9/{id}',
    { query: z.object(Object.fromEntries(NAMES.map((name) => [name, z.number().optional()]))) },
    ({ query, params, request }) => ({ query: Object.entries(query), id: params.id, search: request.search }),
  ),
})

onEveryWire('Names of fields', (open) => {
  it.each([
    ['=1', ''],
    ['aa=1', 'aa'],
    ['ae=1', 'ae'],
    ['%61e=1', 'ae'],
    ['a+b=1', 'a b'],
    ['a%20b=1', 'a b'],
    ['a%2Bb=1', 'a+b'],
    ['%2541=1', '%41'],
    ['caf%C3%A9=1', 'caf\u00e9'],
    ['ae=%31', 'ae'],
    ['bcd=1', 'bcd'],
    ['af=2&xcd=8&ae=1&a=3&aee=4&prototype=5&valueOf=6&%41=7', 'ae'],
  ])('?%s names "%s", whatever the path has escapes of', async (search, name) => {
    const { fetch } = await open(named)
    for (const path of ['/caf%C3%A9/x', '/c%61f%c3%a9/%78', '/%63%61%66%C3%A9/%2541']) {
      const id = path.endsWith('41') ? '%41' : 'x'
      expect(await (await fetch(`${path}?${search}`)).json()).toEqual({ query: [[name, 1]], id, search })
    }
  })

  it('may be those of what every object has', async () => {
    const query = z.object({ constructor: z.number(), toString: z.array(z.number()), valueOf: z.string() })
    const { fetch } = await open(api({ read: get('/read', { query }, (context) => Object.entries(context.query)) }))
    expect(await (await fetch('/read?toString=1&constructor=2&valueOf=3&toString=4')).json()).toEqual([
      ['constructor', 2],
      ['toString', [1, 4]],
      ['valueOf', '3'],
    ])
  })

  it('a schema that names __proto__ sets no prototype', async () => {
    const list = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"array","items":{"type":"string"}}}}')
    // It hands on what it is given, and makes no object of its own.
    const given: Schema<object> = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: (value) => ({ value: value as object }),
        jsonSchema: { input: () => list, output: () => list },
      },
    }
    const isPlain = (fields: object): boolean => Object.getPrototypeOf(fields) === Object.prototype
    const { fetch } = await open(
      api({
        query: get('/query', { query: given }, ({ query }) => isPlain(query)),
        headers: get('/headers', { headers: given }, ({ headers }) => isPlain(headers)),
      }),
    )
    expect(await (await fetch('/query?__proto__=a')).json()).toBe(true)
    expect(await (await fetch('/headers', { headers: [['__proto__', 'a']] })).json()).toBe(true)
  })
})

onEveryWire('Path parameters', (open) => {
  it('are turned into what the schema asks for', async () => {
    const running = await open(fields)
    expect(await (await running.fetch('/params/7/true/9007199254740993')).json()).toEqual({
      int: 7,
      flag: true,
      big: '9007199254740993',
    })
  })

  it.each([
    '1.5',
    '0x10',
    '%20' + '1',
    '1' + '%20',
    '+1',
    '%D9%A3',
    '1'.repeat(5000),
    '9007199254740993',
    'Infinity',
    '1e400',
  ])('%.20s is no whole number', async (text) => {
    const running = await open(fields)
    const reply = await running.fetch(`/numbers/${text}`)
    expect(reply.status).toBe(422)
    expect((await reply.text()).length).toBeLessThan(500)
  })

  it('all of them are refused at once', async () => {
    const running = await open(fields)
    const { errors } = await (await running.fetch('/params/x/y/z')).json()
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/params/int',
      '/params/flag',
      '/params/big',
    ])
  })
})

onEveryWire('Header fields and cookies', (open) => {
  it('are turned into what the schema asks for', async () => {
    const running = await open(fields)
    const headers = { 'X-Count': '3', 'X-Flag': 'true', 'X-Tags': 'a, b ,c' }
    expect(await (await running.fetch('/headers', { headers })).json()).toEqual({
      'x-count': 3,
      'x-flag': true,
      'x-tags': ['a', 'b', 'c'],
    })
  })

  it('are refused by name', async () => {
    const running = await open(fields)
    const refused = async (headers: Record<string, string>): Promise<string[]> =>
      (await (await running.fetch('/headers', { headers })).json()).errors.map(
        ({ pointer }: { pointer: string }) => pointer,
      )
    expect(await refused({})).toEqual(['/headers/x-count'])
    expect(await refused({ 'x-count': '1, 2' })).toEqual(['/headers/x-count'])
    expect(await refused({ 'x-count': 'x', 'x-flag': 'y' })).toEqual(['/headers/x-count', '/headers/x-flag'])
  })

  it('a field named __proto__ sets no prototype', async () => {
    const running = await open(fields)
    const reply = await running.fetch('/all-headers', {
      headers: [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    })
    expect(await reply.json()).toEqual({ own: false, constructor: 'y' })
  })

  it('cookies are read by RFC 6265', async () => {
    const running = await open(fields)
    const read = async (cookie: string): Promise<unknown> => {
      const reply = await running.fetch('/any-cookies', { headers: { cookie } })
      return reply.json()
    }
    expect(await read('a=1; b=2')).toEqual({ a: '1', b: '2' })
    expect(await read('a=1;b=2;;  c="3" ; d')).toEqual({ a: '1', b: '2', c: '3' })
    expect(await read('a=1; a=2')).toEqual({ a: '1' })
    expect(await read('a=1;\t b \t= 2\t')).toEqual({ a: '1', b: '2' })
    // To browsers that is another name, without what `__Host-` demands.
    expect(await read('a=1;\u00a0__Host-b=2')).toEqual({ a: '1', '\u00a0__Host-b': '2' })
    expect(await read('a=x%20y; b=100%; c=a=b')).toEqual({ a: 'x y', b: '100%', c: 'a=b' })
    expect(await read('__proto__=1; constructor=2; toString=3')).toEqual({ constructor: '2', toString: '3' })
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
  })

  it('cookies are typed', async () => {
    const running = await open(fields)
    expect(await (await running.fetch('/cookies', { headers: { cookie: 'session=x; visits=3' } })).json()).toEqual({
      session: 'x',
      visits: 3,
    })
    const { errors } = await (await running.fetch('/cookies', { headers: { cookie: 'visits=many' } })).json()
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/cookies/session', '/cookies/visits'])
  })
})

onEveryWire('Forms', (open) => {
  it('are read as the schema asks', async () => {
    const running = await open(fields)
    expect(await (await running.fetch('/form', formOf('name=a+b&age=7&tags=x&tags=y'))).json()).toEqual({
      name: 'a b',
      age: 7,
      tags: ['x', 'y'],
    })
    expect(await (await running.fetch('/form', formOf('name=caf%C3%A9'))).json()).toEqual({ name: 'café' })
  })

  it('a form without its fields is refused by field', async () => {
    const running = await open(fields)
    const { errors } = await (await running.fetch('/form', formOf(''))).json()
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/body/name'])
  })

  it('pollute nothing', async () => {
    const running = await open(fields)
    expect((await running.fetch('/form', formOf('name=a&__proto__=1&__proto__[x]=2&constructor=3'))).status).toBe(200)
    expect(await (await running.fetch('/loose-form', formOf('__proto__=1&constructor=2'))).json()).toEqual({ keys: 1 })
  })

  it.each([
    ['an unknown field 300,000 times', '/loose-form', 'a=&'.repeat(300_000), 200],
    ['a field that may come once 150,000 times', '/form', 'name=&'.repeat(150_000), 422],
    ['250,000 bad escapes', '/form', `name=a&${'%ff&'.repeat(250_000)}`, 422],
    ['150,000 fields of a list', '/form', `name=a&${'tags=&'.repeat(150_000)}`, 200],
    [
      '100,000 different fields',
      '/form',
      `name=a&${Array.from({ length: 100_000 }, (_, i) => `f${i}=1`).join('&')}`,
      200,
    ],
  ])('%s are read in time, and what is refused is a short answer', async (_, path, body, status) => {
    const running = await open(fields)
    const began = performance.now()
    const reply = await running.fetch(path, formOf(body))
    const text = await reply.text()
    expect(performance.now() - began).toBeLessThan(3000)
    expect(reply.status).toBe(status)
    if (status === 422) expect(text.length).toBeLessThan(50_000)
  })
})
