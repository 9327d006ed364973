import {
  Conflict,
  InternalError,
  api,
  created,
  csv,
  get,
  group,
  ok,
  page,
  post,
  reply,
  status,
  text,
  xml,
} from 'trestle'
import { toFetch } from 'trestle/fetch'
import { cached, etag } from 'trestle/policies'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire } from './wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const

const Order = z.object({ id: z.int(), note: z.string().nullable(), tags: z.array(z.string()) }).meta({ id: 'Order' })
const tea = { id: 1, note: null, tags: ['black', 'loose'], secret: 'not declared' }

const accepting = (accept: string, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { ...init.headers, accept },
})

onEveryWire('A reply in several forms', (open) => {
  const shop = api(
    { ...quiet, formats: ['json', 'xml'] },
    {
      read: get('/order', { returns: Order }, () => tea),
      list: get(
        '/orders',
        { returns: page.of(Order), formats: ['json', 'xml', 'csv', 'ndjson'], query: page.cursor() },
        () => ({
          items: [tea, { ...tea, id: 2, note: 'a "fine" one, it\r\nis', tags: [] }],
          next_cursor: 'more',
        }),
      ),
      all: get('/all', { returns: z.array(Order), formats: ['json', csv({ forSpreadsheets: true })] }, () => [
        { ...tea, note: '=1+1' },
      ]),
      make: post('/orders', { returns: created(Order), throws: [Conflict] }, ({ request }) => {
        if (request.header('x-fail') !== undefined) throw Conflict()
        return tea
      }),
      plain: get('/plain', { returns: text() }, () => 'text'),
      several: get('/several', { returns: [ok(Order), ok(text('text/plain'))] }, ({ request }) =>
        request.search === 'text' ? reply(200, 'some text') : tea,
      ),
    },
  )

  it('is the first for who does not say, with what chose it', async () => {
    const { fetch } = await open(shop)
    const reply = await fetch('/order', accepting('*/*'))
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(reply.headers.get('vary')).toBe('Accept')
    expect(await reply.json()).toEqual({ id: 1, note: null, tags: ['black', 'loose'] })
  })

  it('is what Accept asks for, without what is not declared', async () => {
    const { fetch } = await open(shop)
    const reply = await fetch('/order', accepting('application/xml'))
    expect(reply.headers.get('content-type')).toBe('application/xml; charset=utf-8')
    expect(await reply.text()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Order xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
        '<id>1</id><note xsi:nil="true"/><tags>black</tags><tags>loose</tags></Order>',
    )
  })

  it('of a page is its items in CSV and NDJSON, and where the next is, its Link says', async () => {
    const { fetch } = await open(shop)
    const records = await fetch('/orders', accepting('text/csv'))
    expect(records.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(records.headers.get('link')).toContain('cursor=more')
    expect(await records.text()).toBe(
      'id,note,tags\r\n1,,"[""black"",""loose""]"\r\n2,"a ""fine"" one, it\r\nis",[]\r\n',
    )
    const lines = await fetch('/orders', accepting('application/x-ndjson'))
    expect((await lines.text()).split('\n')).toEqual([
      '{"id":1,"note":null,"tags":["black","loose"]}',
      '{"id":2,"note":"a \\"fine\\" one, it\\r\\nis","tags":[]}',
      '',
    ])
    const xmlPage = await (await fetch('/orders', accepting('application/xml'))).text()
    expect(xmlPage).toMatch(/<page .*<items><id>1<\/id>.*<\/items><items>.*<next_cursor>more<\/next_cursor><\/page>$/s)
  })

  it('for a spreadsheet runs nothing', async () => {
    const { fetch } = await open(shop)
    expect(await (await fetch('/all', accepting('text/csv'))).text()).toContain("\r\n1,'=1+1,")
  })

  it('is 406 where nothing suits, before the handler has an effect, with what there is', async () => {
    let runs = 0
    const { fetch } = await open(
      api(quiet, {
        make: post('/', { returns: created(Order, { location: () => '/x' }), formats: ['json', 'xml'] }, () => {
          runs++
          return tea
        }),
      }),
    )
    const reply = await fetch(
      '/',
      accepting('image/png, application/json;q=0, application/xml;q=0.0', { method: 'POST' }),
    )
    expect(reply.status).toBe(406)
    expect(reply.headers.get('vary')).toBe('Accept')
    expect(await reply.json()).toMatchObject({
      code: 'not_acceptable',
      detail: 'This is given as application/json, application/xml',
    })
    expect(runs).toBe(0)
  })

  it('has Vary on failures, and keeps Location', async () => {
    const { fetch } = await open(shop)
    const failed = await fetch('/orders', { method: 'POST', headers: { accept: 'application/xml', 'x-fail': '1' } })
    expect([failed.status, failed.headers.get('vary')]).toEqual([409, 'Accept'])
    expect(failed.headers.get('content-type')).toBe('application/problem+json')
    const made = await fetch('/orders', accepting('application/xml', { method: 'POST' }))
    expect([made.status, made.headers.get('content-type')]).toEqual([201, 'application/xml; charset=utf-8'])
  })

  it('of a failure alone refuses nobody, and says what chose it', async () => {
    const { fetch } = await open(
      api(
        { ...quiet, formats: ['json', 'xml'] },
        {
          it: get('/', { returns: [text(), status(409, Order)] }, ({ request }) =>
            request.search === 'taken' ? reply(409, tea) : 'fine',
          ),
        },
      ),
    )
    expect(await (await fetch('/', accepting('image/png'))).text()).toBe('fine')
    const taken = await fetch('/?taken', accepting('application/xml'))
    expect([taken.status, taken.headers.get('content-type'), taken.headers.get('vary')]).toEqual([
      409,
      'application/xml; charset=utf-8',
      'Accept',
    ])
  })

  it('that has one form is sent whatever is accepted, and varies with nothing', async () => {
    const { fetch } = await open(shop)
    const reply = await fetch('/plain', accepting('image/png'))
    expect([reply.status, reply.headers.get('vary')]).toEqual([200, null])
  })

  it('beside another kind of reply is that where the handler says so', async () => {
    const { fetch } = await open(shop)
    expect((await fetch('/several', accepting('application/xml'))).headers.get('content-type')).toMatch(/xml/)
    expect(await (await fetch('/several?text', accepting('application/xml'))).text()).toBe('some text')
    expect((await fetch('/several', accepting('text/plain'))).status).toBe(200)
  })

  it('says what chooses where time runs out, or middleware answers', async () => {
    const { fetch } = await open(
      api(
        { ...quiet, formats: ['json', 'xml'] },
        {
          slow: get('/slow', { returns: Order, limits: { timeout: 20 } }, async ({ signal }) => {
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
            return tea
          }),
          taken: group(
            '/',
            { middleware: [async () => reply(200, 'mine', { vary: 'Cookie' })] },
            {
              over: get('/over', { returns: Order }, () => tea),
            },
          ),
          broken: get('/broken', { returns: Order, throws: [InternalError] }, () => {
            throw new Error('gone')
          }),
        },
      ),
    )
    const slow = await fetch('/slow')
    expect([slow.status, slow.headers.get('vary')]).toEqual([503, 'Accept'])
    expect((await fetch('/over')).headers.get('vary')).toBe('Cookie, Accept')
    expect((await fetch('/broken')).headers.get('vary')).toBe('Accept')
  })

  it('is kept apart by cached(), and tagged apart by etag()', async () => {
    let runs = 0
    const { fetch } = await open(
      api(
        { ...quiet, formats: ['json', 'xml'] },
        {
          kept: get('/kept', { returns: Order, policies: [cached({ for: 60, public: true })] }, () => {
            runs++
            return tea
          }),
          tagged: get('/tagged', { returns: Order, policies: [etag()] }, () => tea),
        },
      ),
    )
    for (const accept of ['application/json', 'application/xml', 'application/json', 'application/xml']) {
      const reply = await fetch('/kept', accepting(accept))
      expect(reply.headers.get('content-type')).toContain(accept)
      expect(reply.headers.get('vary')?.toLowerCase()).toBe('accept')
    }
    expect(runs).toBe(2)
    const tags = await Promise.all(
      ['application/json', 'application/xml'].map(async (accept) =>
        (await fetch('/tagged', accepting(accept))).headers.get('etag'),
      ),
    )
    expect(tags[0]).not.toBe(tags[1])
    const again = await fetch('/tagged', { headers: { accept: 'application/xml', 'if-none-match': String(tags[1]) } })
    expect([again.status, again.headers.get('vary')]).toEqual([304, 'Accept'])
  })

  it('that is XML alone needs no choice', async () => {
    const { fetch } = await open(
      api(quiet, { feed: get('/', { returns: xml(Order, 'application/vnd.order+xml') }, () => tea) }),
    )
    const reply = await fetch('/', accepting('image/png'))
    expect([reply.headers.get('content-type'), reply.headers.get('vary')]).toEqual([
      'application/vnd.order+xml; charset=utf-8',
      null,
    ])
    expect(await reply.text()).toMatch(/<Order/)
  })
})

describe('Accept', async () => {
  const { default: ask, close } = await (async () => {
    const handle = await toFetch(
      api(quiet, {
        it: get('/', { returns: z.array(z.object({ a: z.int() })), formats: ['json', 'xml', 'csv', 'ndjson'] }, () => [
          { a: 1 },
        ]),
      }),
    )
    return {
      default: async (accept: string) => {
        const reply = await handle(new Request('http://api.test/', { headers: { accept } }))
        return reply.status === 406
          ? 406
          : reply.headers
              .get('content-type')
              ?.split(';', 1)[0]
              ?.replace(/^.*[/-]/, '')
      },
      close: handle.close,
    }
  })()
  it.each([
    ['', 'json'],
    ['*/*', 'json'],
    ['application/*', 'json'],
    ['text/*', 'csv'],
    ['application/xml', 'xml'],
    ['APPLICATION/XML', 'xml'],
    ['application/json;q=0.1, application/xml;q=0.2', 'xml'],
    ['application/xml, application/json', 'json'],
    ['*/*;q=0.1, text/csv', 'csv'],
    ['*/*, application/json;q=0', 'xml'],
    ['*/*, application/*;q=0', 'csv'],
    ['application/*, application/json;q=0.5', 'xml'],
    ['text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8', 'xml'],
    ['application/json;version=2', 406],
    ['application/json;version=2, application/xml;q=0.1', 'xml'],
    ['text/csv;header=present', 'csv'],
    ['text/csv;header=absent', 406],
    ['application/xml; charset=UTF-8', 'xml'],
    ['application/json; charset="utf-8"', 'json'],
    ['application/xml; charset=iso-8859-1', 406],
    ['application/json;q=0', 406],
    ['application/json;q=0.000, image/png', 406],
    ['image/png', 406],
    ['application/xml;q=1.000', 'xml'],
    // What cannot be read is as if it were not there.
    ['nonsense', 'json'],
    ['application/xml;q=2, text/csv;q=0.5', 'csv'],
    ['application/xml;q=0.5555', 'json'],
    ['*/xml', 'json'],
    [', ,application/xml,,', 'xml'],
    ['application/xml;q=0.5;ext="a, b", text/csv;q=0.4', 'xml'],
    ['application/xml;profile="a,b\\"c"', 406],
    [`${'a/b,'.repeat(150)}application/xml`, 406],
  ])('%s gives %s', async (accept, expected) => {
    expect(await ask(accept)).toBe(expected)
    expect(await ask(accept)).toBe(expected) // also where it is known already
  })
  it('is read in time that grows with its length alone', async () => {
    const start = performance.now()
    for (const odd of ['a/b;', 'a/b ;q=', '"', ' ', 'a/b;c="\\', ',', 'a/'].map((one) =>
      one.repeat(8000 / one.length),
    )) {
      await ask(odd)
    }
    expect(performance.now() - start).toBeLessThan(1000)
    await close()
  })
})
