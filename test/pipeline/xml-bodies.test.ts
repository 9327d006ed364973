import { type } from 'arktype'
import { type Members, api, form, json, post, text, xml } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Random } from '../fuzz/random.ts'
import { onEveryWire } from './wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const
const OrderIn = z.object({
  customer_id: z.int(),
  express: z.boolean().optional(),
  note: z.string().nullable(),
  items: z.array(z.object({ sku: z.string(), qty: z.number() })),
})
const xmlBody = (body: string, type = 'application/xml'): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': type },
  body,
})

onEveryWire('A body of several types', (open) => {
  const orders = api(quiet, {
    make: post(
      '/',
      { body: [OrderIn, form(z.object({ sku: z.string(), qty: z.int() })), xml(OrderIn)] },
      ({ body }) => body,
    ),
    patch: post(
      '/patch',
      { body: [z.object({ a: z.int() }), json(z.object({ a: z.null() }), 'application/merge-patch+json'), text()] },
      ({ body }) => ({
        got: body,
      }),
    ),
  })

  it('is decoded by its Content-Type', async () => {
    const { fetch } = await open(orders)
    const one = { customer_id: 1, note: null, items: [{ sku: 'tea', qty: 2 }] }
    const send = async (type: string, body: string) => (await fetch('/', xmlBody(body, type))).json()
    expect(await send('application/json', JSON.stringify(one))).toEqual(one)
    expect(await send('application/x-www-form-urlencoded', 'sku=tea&qty=2')).toEqual({ sku: 'tea', qty: 2 })
    const document = '<order><customer_id>1</customer_id><items><sku>tea</sku><qty>2</qty></items></order>'
    expect(await send('Application/XML; charset=utf-8', document)).toEqual(one)
  })

  it('is decoded by the schema of its type', async () => {
    const { fetch } = await open(orders)
    const send = async (type: string, body: string) => (await fetch('/patch', xmlBody(body, type))).json()
    expect(await send('application/json', '{"a":1}')).toEqual({ got: { a: 1 } })
    expect(await send('application/merge-patch+json', '{"a":null}')).toEqual({ got: { a: null } })
    expect(await send('text/plain', 'some')).toEqual({ got: 'some' })
  })

  it('of another type is 415, which lists all', async () => {
    const { fetch } = await open(orders)
    const reply = await fetch('/', xmlBody('a', 'text/plain'))
    expect(reply.status).toBe(415)
    const all = ['application/json', 'application/x-www-form-urlencoded', 'application/xml']
    expect(reply.headers.get('accept')).toBe(all.join(', '))
    expect(await reply.json()).toMatchObject({ detail: `Send the body as ${all.join(' or ')}` })
  })

  it('that is empty is what its type makes of nothing', async () => {
    const { fetch } = await open(orders)
    const got = async (type?: string) => {
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      return (await (await fetch('/patch', { method: 'POST', headers, body: null })).json()) as object
    }
    expect(await got('text/plain')).toEqual({ got: '' })
    expect(await got()).toMatchObject({
      code: 'malformed_body',
      detail: 'The body is empty; application/json is expected',
    })
  })

  it('has its faults told by pointers, whatever the type', async () => {
    const { fetch } = await open(orders)
    const reply = await fetch('/', xmlBody('<o><customer_id>x</customer_id><items><qty>0x1</qty></items></o>'))
    expect(reply.status).toBe(422)
    const { errors } = (await reply.json()) as { errors: { pointer: string }[] }
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      '/body/customer_id',
      '/body/items/0/sku',
      '/body/items/0/qty',
    ])
  })

  it('is taken as XML too where formats say so', async () => {
    const { fetch } = await open(
      api(
        { ...quiet, formats: ['json', 'xml'] },
        { it: post('/', { body: z.object({ a: z.int() }) }, ({ body }) => body) },
      ),
    )
    expect(await (await fetch('/', xmlBody('<x><a>1</a></x>'))).json()).toEqual({ a: 1 })
    expect((await fetch('/', xmlBody('a=1', 'application/x-www-form-urlencoded'))).headers.get('accept')).toBe(
      'application/json, application/xml',
    )
  })
})

interface Tree {
  name?: string | undefined
  children?: Tree[] | undefined
}
const Tree: z.ZodType<Tree> = z.object({
  name: z.string().optional(),
  get children() {
    return z.array(Tree).optional()
  },
})

let ask: (path: string, body: string | Uint8Array<ArrayBuffer>) => Promise<{ status: number; body: unknown }>
let close: () => Promise<void>
const echo = (schema: never) => ({ body: xml(schema) })

beforeAll(async () => {
  const schemas: Record<string, unknown> = {
    order: OrderIn,
    list: z.array(z.int()),
    lists: z.object({ rows: z.array(z.array(z.int())) }),
    any: z.unknown(),
    record: z.record(z.string(), z.int()),
    tree: Tree,
    kinds: z.object({
      n: z.number().nullable().optional(),
      b: z.boolean().optional(),
      s: z.string().optional(),
      word: z.enum(['a', 'b']).optional(),
      either: z.union([z.number(), z.boolean()]).optional(),
      several: z.union([z.string(), z.array(z.string())]).optional(),
      deep: z.object({ tags: z.array(z.string()), gone: z.string().nullable(), left: z.string().nullish() }).optional(),
      when: z
        .codec(z.iso.date(), z.date(), { decode: (v) => new Date(v), encode: (v) => v.toISOString().slice(0, 10) })
        .optional(),
    }),
    strict: z.strictObject({ a: z.string() }),
    choice: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('circle'), radius: z.number() }),
      z.object({ kind: z.literal('path'), points: z.array(z.number()) }),
    ]),
    arktype: type({ id: 'number', 'tags?': 'string[]', inner: { on: 'boolean' } }),
    number: z.number(),
  }
  const endpoints = Object.entries(schemas).map(([name, schema]) => [
    name,
    post(`/${name}`, echo(schema as never), ({ body }) => ({ got: body })),
  ])
  const handle = await toFetch(
    api({ ...quiet, limits: { depth: 20, body: 1_000_000 } }, Object.fromEntries(endpoints) as Members),
  )
  close = handle.close
  ask = async (path, body) => {
    const reply = await handle(new Request(`http://api.test/${path}`, xmlBody(body as string)))
    const got = (await reply.json()) as { got: unknown; detail: unknown }
    return { status: reply.status, body: reply.status === 200 ? got.got : reply.status === 400 ? got.detail : got }
  }
})
afterAll(() => close())

describe('XML', () => {
  it.each<[string, string, string, unknown]>([
    [
      'a list of one, because the schema says so',
      'order',
      '<o><customer_id>1</customer_id><note>x</note><items><sku>a</sku><qty>1</qty></items></o>',
      { customer_id: 1, note: 'x', items: [{ sku: 'a', qty: 1 }] },
    ],
    [
      'an empty list, and null, that are not there',
      'order',
      '<o><customer_id>1</customer_id></o>',
      { customer_id: 1, note: null, items: [] },
    ],
    [
      'xsi:nil',
      'order',
      '<o xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><customer_id>1</customer_id><note xsi:nil="true"/></o>',
      { customer_id: 1, note: null, items: [] },
    ],
    [
      'nil under another prefix',
      'kinds',
      '<o xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><n i:nil="1"></n></o>',
      { n: null },
    ],
    [
      'elements of one list between others',
      'order',
      '<o><items><sku>a</sku><qty>1</qty></items><customer_id>1</customer_id><items><sku>b</sku><qty>2</qty></items></o>',
      {
        customer_id: 1,
        note: null,
        items: [
          { sku: 'a', qty: 1 },
          { sku: 'b', qty: 2 },
        ],
      },
    ],
    ['the outermost list', 'list', '<x><item>1</item><other>2</other></x>', [1, 2]],
    ['an outermost list of nothing', 'list', '<x/>', []],
    ['lists of lists', 'lists', '<x><rows><i>1</i><i>2</i></rows><rows/></x>', { rows: [[1, 2], []] }],
    [
      'numbers and words among blanks',
      'kinds',
      '<x><n>\n 1.5e1 </n><b> true</b><word>a\n</word></x>',
      { n: 15, b: true, word: 'a' },
    ],
    ['text as it is', 'kinds', '<x><s> 12 </s></x>', { s: ' 12 ' }],
    ['no text', 'kinds', '<x><s></s></x>', { s: '' }],
    ['no number', 'kinds', '<x><n/></x>', { n: null }],
    ['what may be several kinds', 'kinds', '<x><either>true</either></x>', { either: true }],
    ['what may be one or many', 'kinds', '<x><several>a</several></x>', { several: ['a'] }],
    ['what is left out deep inside', 'kinds', '<x><deep/></x>', { deep: { tags: [], gone: null } }],
    ['a codec', 'kinds', '<x><when>2024-02-03</when></x>', { when: '2024-02-03T00:00:00.000Z' }],
    ['what takes anything', 'any', '<x><a>1</a><a>2</a><b><c/></b></x>', { a: ['1', '2'], b: { c: '' } }],
    [
      'a record, and keys no name can hold',
      'record',
      '<x><a_x0020_b>1</a_x0020_b><_x0031_>2</_x0031_></x>',
      { 'a b': 1, 1: 2 },
    ],
    [
      'what stands in itself',
      'tree',
      '<x><children><name>a</name><children/></children></x>',
      { children: [{ name: 'a', children: [{}] }] },
    ],
    ['a choice', 'choice', '<x><kind>path</kind><points>1</points></x>', { kind: 'path', points: [1] }],
    [
      'a schema of another library',
      'arktype',
      '<x><id>1</id><tags>a</tags><inner><on>true</on></inner></x>',
      { id: 1, tags: ['a'], inner: { on: true } },
    ],
    ['a bare value', 'number', '<x>7</x>', 7],
    [
      'a declaration, comments and a byte order mark',
      'number',
      '\ufeff<?xml version="1.0" encoding="utf-8" standalone=\'yes\'?>\r\n<!-- a - b -->\n<x>7<!-- x --></x>\n<!---->',
      7,
    ],
    [
      'CDATA and references',
      'kinds',
      '<x><s>a<![CDATA[<b>&amp;]]>&lt;&gt;&amp;&quot;&apos;&#x41;&#66;&#x1F600;</s></x>',
      { s: 'a<b>&amp;<>&"\'AB😀' },
    ],
    ['line ends as one character', 'kinds', '<x><s>a\r\nb\rc&#13;</s></x>', { s: 'a\nb\nc\r' }],
    [
      'prefixes that are declared',
      'kinds',
      '<a:x xmlns:a="urn:a" xmlns="urn:b"><a:s xml:lang="en">t</a:s></a:x>',
      { s: 't' },
    ],
    [
      'where a schema is',
      'kinds',
      '<x xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"><s>t</s></x>',
      { s: 't' },
    ],
    [
      'keys that objects have by themselves',
      'any',
      '<x><constructor>a</constructor><toString>b</toString></x>',
      { constructor: 'a', toString: 'b' },
    ],
  ])('carries %s', async (_, path, document, value) => {
    expect(await ask(path, document)).toEqual({ status: 200, body: value })
  })

  it.each<[string, string, string, number, unknown]>([
    ['more than one of what is one', 'kinds', '<x><n>1</n><n>2</n></x>', 422, undefined],
    ['a field that is not known where that is strict', 'strict', '<x><a>a</a><b/></x>', 422, undefined],
    ['hexadecimal', 'kinds', '<x><n>0x10</n></x>', 422, undefined],
    ['a DOCTYPE', 'any', '<!DOCTYPE x><x/>', 400, /DOCTYPE/],
    ['a billion laughs', 'any', '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>', 400, /DOCTYPE/],
    ['an external entity', 'any', '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', 400, /DOCTYPE/],
    ['a DOCTYPE inside', 'any', '<x><!DOCTYPE y></x>', 400, /DOCTYPE/],
    ['an entity that nobody declared', 'any', '<x>&nbsp;</x>', 400, /five entities/],
    ['an ampersand by itself', 'any', '<x>a & b</x>', 400, /five entities/],
    ['a reference to no character', 'any', '<x>&#0;</x>', 400, /five entities/],
    ['a reference beyond Unicode', 'any', '<x>&#x110000;</x>', 400, /five entities/],
    ['a reference to half a pair', 'any', '<x>&#xD800;</x>', 400, /five entities/],
    ['a processing instruction', 'any', '<x><?php echo 1 ?></x>', 400, /processing instruction/],
    ['a stylesheet', 'any', '<?xml-stylesheet href="a"?><x/>', 400, /processing instruction/],
    ['a declaration that is not the first', 'any', ' <?xml version="1.0"?><x/>', 400, /processing instruction/],
    ['another encoding', 'any', '<?xml version="1.0" encoding="ISO-8859-1"?><x/>', 400, /UTF-8/],
    ['__proto__', 'any', '<x><__proto__><admin>true</admin></__proto__></x>', 400, /__proto__/],
    ['__proto__ in escapes', 'any', '<x><_x005F__proto__>1</_x005F__proto__></x>', 400, /__proto__/],
    ['__proto__ of a record', 'record', '<x><__proto__>1</__proto__></x>', 400, /__proto__/],
    ['deep nesting', 'any', '<a>'.repeat(21) + '</a>'.repeat(21), 400, /deeper than 20/],
    ['very deep nesting', 'tree', '<children>'.repeat(90_000), 400, /deeper than 20/],
    ['attributes', 'any', '<x id="1"/>', 400, /attribute "id" of <x>/],
    ['the same attribute twice', 'any', '<x xml:a="1" xml:a="2"/>', 400, /twice/],
    ['a prefix that is not declared', 'any', '<a:x/>', 400, /not declared/],
    ['a prefix of an attribute that is not declared', 'any', '<x xsi:nil="true"/>', 400, /not declared/],
    ['text beside elements', 'any', '<x>a<b/></x>', 400, /text beside elements/],
    ['an element that is open at the end', 'any', '<x><y></y>', 400, /<x> is still open/],
    ['another end tag', 'any', '<x></y>', 400, /where <x> is open/],
    ['an end tag without its begin', 'any', '<x/></x>', 400, /without its begin/],
    ['two elements', 'any', '<x/><y/>', 400, /second element/],
    ['text around the element', 'any', '<x/>text', 400, /outside/],
    ['CDATA around the element', 'any', '<![CDATA[a]]><x/>', 400, /outside/],
    ['no element', 'any', '<!-- nothing -->', 400, /no element/],
    ['blanks alone', 'any', '  \n', 400, /empty/],
    ['JSON', 'any', '{"a":1}', 400, /outside/],
    ['"]]>" in text', 'any', '<x>a]]>b</x>', 400, /CDATA/],
    ['CDATA without an end', 'any', '<x><![CDATA[a</x>', 400, /CDATA/],
    ['"--" in a comment', 'any', '<x><!-- a -- b --></x>', 400, /comment/],
    ['a comment without an end', 'any', '<x><!-- a', 400, /comment/],
    ['a tag that does not end', 'any', '<x', 400, /does not end/],
    ['an attribute without quotes', 'any', '<x a=1/>', 400, /quotes/],
    ['"<" in an attribute', 'any', '<x a="<"/>', 400, /"<" in/],
    ['a name that is none', 'any', '<1/>', 400, /name/],
    ['a name of colons', 'any', '<a::b xmlns:a="urn:a"/>', 400, /no name/],
    ['a control character', 'any', '<x>\u0001</x>', 400, /character that XML has not/],
  ])('refuses %s', async (_, path, document, status, detail) => {
    const reply = await ask(path, document)
    expect(reply.status).toBe(status)
    if (status === 400) expect(reply.body).toMatch(detail as RegExp)
  })

  it('refuses what is deeper than the stack, where all depths are allowed', async () => {
    const handle = await toFetch(
      api(quiet, { it: post('/', { body: xml(z.unknown()), limits: { depth: Number.POSITIVE_INFINITY } }, () => 1) }),
    )
    const depth = 100_000
    const reply = await handle(new Request('http://api.test/', xmlBody('<a>'.repeat(depth) + '</a>'.repeat(depth))))
    expect([reply.status, await reply.json()]).toMatchObject([400, { detail: 'The body nests too deep' }])
    await handle.close()
  })

  it('of any pieces is read or refused', async () => {
    const pieces = [
      ...[
        '<a>',
        '</a>',
        '<n>',
        '</n>',
        '<deep>',
        '</deep>',
        '<tags>',
        '</tags>',
        '<s/>',
        '<b',
        '>',
        '/>',
        ' a="1"',
        "='",
      ],
      ...[
        ' xmlns:x="u"',
        '<x:a>',
        '</x:a>',
        ' x:nil="true"',
        '&amp;',
        '&#',
        '&#x41;',
        ';',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
      ],
      ...[
        '<?xml version="1.0"?>',
        '<?',
        '?>',
        '<!DOCTYPE a',
        '1',
        ' ',
        '\n',
        '\r',
        'ü',
        '😀',
        '\u0000',
        '__proto__',
        '<__proto__>',
      ],
    ]
    const random = new Random(1)
    const seen = new Set<number>()
    for (let i = 0; i < 3000; i++) {
      const inside = Array.from({ length: random.int(0, 8) }, () => random.pick(pieces)).join('')
      const { status } = await ask(
        random.chance(0.5) ? 'kinds' : 'any',
        random.chance(0.8) ? `<a>${inside}</a>` : inside,
      )
      expect([200, 400, 422], inside).toContain(status)
      seen.add(status)
    }
    expect(seen).toEqual(new Set([200, 400, 422]))
  })

  it('leaves prototypes alone', async () => {
    await ask('any', '<x><__proto__><polluted>1</polluted></__proto__></x>')
    await ask('record', '<x><constructor><prototype><polluted>1</polluted></prototype></constructor></x>')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('refuses what is no UTF-8', async () => {
    const reply = await ask('any', new Uint8Array([0x3c, 0x78, 0x3e, 0xff, 0x3c, 0x2f, 0x78, 0x3e]))
    expect(reply.status).toBe(400)
  })

  it.each([
    ['elements', `<x>${'<a/>'.repeat(200_000)}</x>`],
    ['an open tag', `<x>${'<a '.repeat(200_000)}`],
    ['references', `<x>${'&amp;'.repeat(150_000)}</x>`],
    ['ampersands', `<x>${'&'.repeat(900_000)}</x>`],
    ['blanks', `<x><a>${' '.repeat(900_000)}</a></x>`],
    ['blanks around a number', `<x><n>1${' '.repeat(400_000)}1${' '.repeat(400_000)}2</n></x>`],
    [
      'namespaces',
      `<x ${Array.from({ length: 20_000 }, (_, i) => `xmlns:a${i}="u"`).join(' ')}>${'<b xmlns:c="u"/>'.repeat(20_000)}</x>`,
    ],
    ['attributes', `<x ${Array.from({ length: 50_000 }, (_, i) => `xml:a${i}="u"`).join(' ')}/>`],
    ['comments', `<x>${'<!---->'.repeat(100_000)}</x>`],
    ['dashes', `<x><!-${'-'.repeat(900_000)}`],
    ['brackets', `<x><![CDATA[${']'.repeat(900_000)}`],
    ['escapes in a name', `<x><${'_x'.repeat(400_000)}/></x>`],
    ['a declaration', `<?xml ${' '.repeat(900_000)}`],
    ['line ends', `<x>${'\r'.repeat(900_000)}</x>`],
  ])('reads much of %s in time that grows with the length alone', async (_, document) => {
    const start = performance.now()
    expect([200, 400, 422]).toContain((await ask('kinds', document)).status)
    expect(performance.now() - start).toBeLessThan(1500)
  })
})
