import { type Api, type Members, api, get, ok, post, rows, xml } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Random } from '../fuzz/random.ts'

const quiet = {
  places: { openapi: false, docs: false, redoc: false, reference: false },
  formats: ['json', 'xml'],
} as const
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** What an endpoint answers with as XML, without the declaration. */
async function sent(schema: z.ZodType, value: unknown, options: object = {}): Promise<string> {
  const { fetch, close } = await toAsk(
    api({ ...quiet, ...options }, { it: get('/', { returns: schema }, () => value as never) }),
  )
  const reply = await fetch(new Request('http://api.test/', { headers: { accept: 'application/xml' } }))
  const whole = await reply.text()
  await close()
  expect(whole.startsWith(HEAD)).toBe(true)
  return whole.slice(HEAD.length)
}

async function toAsk(given: Api) {
  const handle = await toFetch(given)
  return { fetch: handle, close: handle.close }
}

const NIL = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

describe('A value as XML', () => {
  it.each<[string, z.ZodType, unknown, string]>([
    [
      'is called after its schema',
      z.object({ a: z.int() }).meta({ id: 'TestThing' }),
      { a: 1 },
      '<TestThing><a>1</a></TestThing>',
    ],
    ['is called "value" where that has no name', z.object({ a: z.int() }), { a: 1 }, '<value><a>1</a></value>'],
    ['is called "items" where it is a list', z.array(z.int()), [1, 2], '<items><item>1</item><item>2</item></items>'],
    [
      'repeats the elements of lists',
      z.object({ a: z.array(z.string()) }),
      { a: ['x', ''] },
      '<value><a>x</a><a/></value>',
    ],
    ['says nothing of an empty list', z.object({ a: z.array(z.string()) }), { a: [] }, '<value/>'],
    [
      'has items in lists of lists',
      z.object({ a: z.array(z.array(z.int())) }),
      { a: [[1], []] },
      '<value><a><item>1</item></a><a/></value>',
    ],
    [
      'says nil for null',
      z.object({ a: z.null(), b: z.array(z.null()) }),
      { a: null, b: [null] },
      `<value${NIL}><a xsi:nil="true"/><b xsi:nil="true"/></value>`,
    ],
    ['leaves out what is not there', z.object({ a: z.string().optional() }), { a: undefined }, '<value/>'],
    ['is a bare number', z.number(), 1.5e300, '<value>1.5e+300</value>'],
    ['is a bare null', z.null(), null, `<value${NIL} xsi:nil="true"/>`],
    ['escapes all that means something', z.string(), '<a>&"\'', '<value>&lt;a&gt;&amp;"\'</value>'],
    ['ends no CDATA', z.string(), ']]>', '<value>]]&gt;</value>'],
    ['keeps line ends as they are', z.string(), 'a\r\nb\tc', '<value>a&#13;\nb\tc</value>'],
    [
      'marks what no document can hold',
      z.string(),
      '\0\x1b\ufffe\ud800a\udc00😀',
      '<value>\ufffd\ufffd\ufffd\ufffda\ufffd😀</value>',
    ],
    [
      'names what no name can hold',
      z.record(z.string(), z.int()),
      { 'a b': 1, '1': 2, '': 3, 'a:b': 4, xmlish: 5, _x0041_: 6, größe: 7, '<': 8 },
      '<value><_x0031_>2</_x0031_><a_x0020_b>1</a_x0020_b><_x_>3</_x_><a_x003A_b>4</a_x003A_b><_x0078_mlish>5</_x0078_mlish><_x005F_x0041_>6</_x005F_x0041_><größe>7</größe><_x003C_>8</_x003C_></value>',
    ],
  ])('%s', async (_, schema, value, expected) => {
    expect(await sent(schema, value)).toBe(expected)
  })

  it('is called as the schemas of the API have it', async () => {
    const schema = z.object({ a: z.int() })
    expect(await sent(schema, { a: 1 }, { schemas: { 'My.Thing': schema } })).toBe('<My.Thing><a>1</a></My.Thing>')
  })

  it('is encoded by its codecs', async () => {
    const day = z.codec(z.iso.date(), z.date(), {
      decode: (v) => new Date(v),
      encode: (v) => v.toISOString().slice(0, 10),
    })
    expect(await sent(z.object({ day }), { day: new Date('2024-02-03') })).toBe('<value><day>2024-02-03</day></value>')
  })

  it('comes back as it went', async () => {
    const Any = z.object({
      text: z.string(),
      nothing: z.string().nullable(),
      number: z.number(),
      truth: z.boolean(),
      list: z.array(z.string()),
      lists: z.array(z.array(z.number())),
      objects: z.array(z.object({ a: z.string(), b: z.array(z.boolean()) })),
      record: z.record(z.string(), z.string()),
      maybe: z.number().optional(),
    })
    const got: unknown[] = []
    const { fetch, close } = await toAsk(
      api(quiet, {
        read: post('/read', { body: z.object({ seed: z.int() }), returns: Any }, ({ body }) => valueFor(body.seed)),
        take: post('/take', { body: xml(Any) }, ({ body }) => void got.push(body)),
      }),
    )
    for (let seed = 1; seed <= 300; seed++) {
      const reply = await fetch(
        new Request('http://api.test/read', {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/xml' },
          body: JSON.stringify({ seed }),
        }),
      )
      const document = await reply.text()
      const back = await fetch(
        new Request('http://api.test/take', {
          method: 'POST',
          headers: { 'content-type': 'application/xml' },
          body: document,
        }),
      )
      expect([back.status, document]).toEqual([204, document])
      expect(got.at(-1)).toEqual(JSON.parse(JSON.stringify(valueFor(seed))))
    }
    await close()
  })
})

/** Text of all that is odd in XML, and can be in it. */
const ODD = [
  'a',
  'Z',
  ' ',
  '\n',
  '\t',
  '\r',
  '<',
  '>',
  '&',
  '"',
  "'",
  ']]>',
  '<![CDATA[',
  '<!--',
  '&amp;',
  'é',
  '😀',
  '_x0041_',
  '-',
  '',
]

function valueFor(seed: number) {
  const random = new Random(seed)
  const below = (most: number) => random.int(0, most - 1)
  const text = () => Array.from({ length: below(6) }, () => ODD[below(ODD.length)]).join('')
  const many = <T>(make: () => T): T[] => Array.from({ length: below(4) }, make)
  return {
    text: text(),
    nothing: below(2) === 0 ? null : text(),
    number: below(2) === 0 ? below(1000) : random.next() * 1e20 - 1e10,
    truth: below(2) === 0,
    list: many(text),
    lists: many(() => many(() => below(9))),
    objects: many(() => ({ a: text(), b: many(() => below(2) === 0) })),
    record: Object.fromEntries(many(() => [text(), text()])),
    ...(below(2) === 0 ? { maybe: below(5) } : {}),
  }
}

describe('Rows as XML', () => {
  it('are items of one document', async () => {
    const members: Members = {
      it: get('/', { returns: ok(rows(z.object({ a: z.int().nullable() }))), formats: ['json', 'xml'] }, () => [
        { a: 1 },
        { a: null },
      ]),
    }
    const { fetch, close } = await toAsk(api(quiet, members))
    const reply = await fetch(new Request('http://api.test/', { headers: { accept: 'application/xml' } }))
    expect(await reply.text()).toBe(`${HEAD}<items${NIL}><item><a>1</a></item><item><a xsi:nil="true"/></item></items>`)
    await close()
  })
})
