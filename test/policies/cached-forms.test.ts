import { api, get, group, ok, reply, status, xml } from 'trestle'
import { cached, compression } from 'trestle/policies'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire } from '../pipeline/wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const
const Tea = z.object({ id: z.int(), name: z.string() }).meta({ id: 'Tea' })
const green = { id: 1, name: 'green' }
const WRITTEN: Readonly<Record<string, string>> = {
  'application/json': '[{"id":1,"name":"green"}]',
  'application/xml; charset=utf-8':
    '<?xml version="1.0" encoding="UTF-8"?>\n<items><item><id>1</id><name>green</name></item></items>',
  'text/csv; charset=utf-8; header=present': 'id,name\r\n1,green\r\n',
}

function shop() {
  const made: string[] = []
  const policies = [cached({ for: 60 })]
  const app = api(
    { ...quiet, policies: [compression({ from: 0 })] },
    {
      teas: group(
        '/',
        { formats: ['json', 'xml', 'csv'] },
        {
          list: get('/teas', { returns: z.array(Tea), policies }, async () => {
            made.push('list')
            await new Promise((resolve) => setTimeout(resolve, 20))
            return [green]
          }),
          either: get('/either', { returns: [ok(z.array(Tea)), status(203, Tea)], policies }, () => {
            made.push('either')
            return reply(203, green)
          }),
          reading: get('/reading', { returns: z.array(Tea), policies }, ({ request }) => {
            made.push('reading')
            return [{ id: 1, name: String(request.header('accept')) }]
          }),
          named: get(
            '/named',
            { returns: z.array(Tea), policies: [cached({ for: 60, vary: ['Accept'] })] },
            ({ request }) => {
              made.push('named')
              return [{ id: 1, name: String(request.header('accept')) }]
            },
          ),
        },
      ),
      feed: get('/feed', { returns: xml(Tea), policies }, () => {
        made.push('feed')
        return green
      }),
    },
  )
  return { app, made }
}

onEveryWire('A cached reply in several forms', (open) => {
  it('is one for all spellings of one wish', async () => {
    const { app, made } = shop()
    const { fetch, failures } = await open(app)
    const spellings = [
      '*/*',
      'application/json',
      'APPLICATION/JSON',
      'application/json;q=0.9',
      'text/html, application/json;charset=utf-8, text/csv;q=0.1',
      'application/*;q=1.0, application/xml;q=0.2',
      ...Array.from({ length: 50 }, (_, index) => `junk/x${index}, */*;q=0.5`),
    ]
    const at = (accept: string, coding = 'identity'): Promise<Response> =>
      fetch('/teas', { headers: { accept, 'accept-encoding': coding } })
    // Together, and then each after the others.
    const given = await Promise.all(spellings.map((one) => at(one)))
    for (const one of spellings) given.push(await at(one))
    for (const coding of ['gzip', 'br', 'gzip, br;q=0.5']) given.push(await at('*/*', coding))
    for (const one of given) {
      expect([one.status, one.headers.get('content-type')]).toEqual([200, 'application/json'])
      const names = one.headers.get('vary')?.toLowerCase().split(', ')
      expect(names?.toSorted()).toEqual(['accept', 'accept-encoding'])
    }
    expect(given.slice(spellings.length).every((one) => one.headers.get('cache-status')?.includes('hit'))).toBe(true)
    expect([made, failures]).toEqual([['list'], []])
  })

  it('is never given in another form than that which was asked for', async () => {
    const { app, made } = shop()
    const { fetch } = await open(app)
    const wishes = [
      ['application/json', 'application/json'],
      ['application/xml, text/csv;q=0.9', 'application/xml; charset=utf-8'],
      ['text/html, application/xml;q=0.9, */*;q=0.8', 'application/xml; charset=utf-8'],
      ['text/csv', 'text/csv; charset=utf-8; header=present'],
      ['text/*, application/json;q=0.9', 'text/csv; charset=utf-8; header=present'],
    ] as const
    const ask = async ([accept, mediaType]: (typeof wishes)[number]): Promise<string | null> => {
      const given = await fetch('/teas', { headers: { accept } })
      expect([given.headers.get('content-type'), await given.text()]).toEqual([mediaType, WRITTEN[mediaType]])
      return given.headers.get('etag')
    }
    const tags = await Promise.all(
      Array.from({ length: 30 }, (_, index) => ask(wishes[index % 5] as (typeof wishes)[0])),
    )
    for (const wish of wishes) tags.push(await ask(wish))
    expect([made.length, new Set(tags).size]).toEqual([3, 3])
    // What is kept is nobody's who takes none of it.
    expect((await fetch('/teas', { headers: { accept: 'image/png' } })).status).toBe(406)
  })

  it('is told apart where two wishes differ only in the reply that has fewer forms', async () => {
    const { app, made } = shop()
    const { fetch } = await open(app)
    const ask = async (accept: string) => (await fetch('/either', { headers: { accept } })).headers.get('content-type')
    const wantsXml = 'text/csv, application/xml;q=0.5, application/json;q=0.4'
    const wantsJson = 'text/csv, application/xml;q=0.4, application/json;q=0.5'
    expect(await ask(wantsXml)).toMatch(/xml/)
    expect(await ask(wantsJson)).toBe('application/json')
    expect(await ask(wantsXml)).toMatch(/xml/)
    expect(made).toHaveLength(2)
  })

  it('depends on the field as it was sent where the handler reads it: it says so, or is not kept', async () => {
    const { app, made } = shop()
    const { fetch, failures } = await open(app)
    const ask = async (path: string, accept: string) => {
      const [{ name }] = (await (await fetch(path, { headers: { accept } })).json()) as [{ name: string }]
      return name
    }
    const spellings = ['application/json', 'application/json;q=1', 'application/json', 'application/json;q=1']
    for (const path of ['/reading', '/named']) for (const one of spellings) expect(await ask(path, one)).toBe(one)
    expect(made.toSorted()).toEqual(['named', 'named', 'reading', 'reading', 'reading', 'reading'])
    expect(failures.map(({ error }) => String(error))).toEqual([
      expect.stringContaining('teas.reading is cached(), and what it runs reads the header field "accept"'),
    ])
  })

  it('is one, whatever is asked for, where it has one form', async () => {
    const { app, made } = shop()
    const { fetch, failures } = await open(app)
    for (const accept of ['application/xml', 'image/png', '*/*']) {
      const given = await fetch('/feed', { headers: { accept } })
      expect([given.headers.get('content-type'), given.headers.get('vary')]).toEqual([
        'application/xml; charset=utf-8',
        'Accept-Encoding',
      ])
    }
    expect([made, failures]).toEqual([['feed'], []])
  })
})
