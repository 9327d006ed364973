import { api, get, page, post, reply, ok } from 'trestle'
import { type ResponseObject, toOpenApi } from 'trestle/openapi'
import { type DeprecationOptions, deprecated, idempotent } from 'trestle/policies'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire } from '../pipeline/wires.ts'

const since = new Date('2026-01-01T00:00:00.999Z')
const sunset = new Date('2027-01-01')
const link = 'https://shop.example/moved?to=v2'

const shop = (given: DeprecationOptions) =>
  api({
    old: get('/old', { policies: [deprecated(given)] }, () => 'old'),
    broken: get('/broken', { policies: [deprecated(given)] }, () => {
      throw new Error('broken')
    }),
    linked: get('/linked', { returns: ok(z.string()), policies: [deprecated(given)] }, () =>
      reply(200, 'linked', { link: '<https://shop.example>; rel="author"' }),
    ),
    list: get('/list', { query: page.cursor(), returns: page.of(z.string()), policies: [deprecated(given)] }, () => ({
      items: ['a'],
      next_cursor: 'b',
    })),
    pay: post('/pay', { policies: [deprecated(given), idempotent()] }, () => 1),
    paid: post('/paid', { policies: [idempotent(), deprecated(given)] }, () => 1),
  })

const told = ({ headers }: Response): readonly (string | null)[] =>
  ['deprecation', 'sunset', 'link'].map((name) => headers.get(name))

onEveryWire('deprecation', (open) => {
  it('is told in each reply, failures included', async () => {
    const { fetch } = await open(shop({ since, sunset, link }))
    const all = [
      '@1767225600',
      'Fri, 01 Jan 2027 00:00:00 GMT',
      `<${link}>; rel="deprecation", <${link}>; rel="sunset"`,
    ]
    expect(told(await fetch('/old'))).toEqual(all)
    expect(told(await fetch('/broken'))).toEqual(all)
    const bare = await open(shop({ since }))
    expect(told(await bare.fetch('/old'))).toEqual(['@1767225600', null, null])
    const linked = await open(shop({ since, link }))
    expect(told(await linked.fetch('/old'))).toEqual(['@1767225600', null, `<${link}>; rel="deprecation"`])
  })

  it('stands beside other links', async () => {
    const { fetch } = await open(shop({ since, link }))
    expect(told(await fetch('/linked'))[2]).toBe(`<https://shop.example>; rel="author", <${link}>; rel="deprecation"`)
    expect(told(await fetch('/list'))[2]).toMatch(/^<\/list\?cursor=b>; rel="next", <.*>; rel="deprecation"$/)
  })

  it.each(['/pay', '/paid'])('is told once in a reply of %s that comes again', async (path) => {
    const { fetch } = await open(shop({ since, sunset, link }))
    const pay = (): Promise<Response> => fetch(path, { method: 'POST', headers: { 'idempotency-key': 'one' } })
    const first = await pay()
    const again = await pay()
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(told(again)).toEqual(told(first))
  })
})

describe('deprecation', () => {
  it('is in the documentation', async () => {
    const { paths } = await toOpenApi(shop({ since, sunset, link }))
    const { deprecated: marked, responses } = paths['/old']?.get ?? {}
    expect(marked).toBe(true)
    const { headers = {} } = (responses?.['200'] ?? {}) as ResponseObject
    expect(Object.keys(headers)).toEqual(['Deprecation', 'Sunset', 'Link'])
  })

  it.each([
    [{ since: new Date('') }, 'deprecated: since and sunset must be valid dates'],
    [{ since, sunset: new Date('2025-01-01') }, 'deprecated: sunset cannot come before since'],
    [{ since, link: 'https://a>; rel="next", <b' }, 'is no address: escape what a URI cannot hold'],
    [{ since, link: 'https://a\r\nb: c' }, 'is no address: escape what a URI cannot hold'],
  ] as [DeprecationOptions, string][])('%o is refused', (given, message) => {
    expect(() => deprecated(given)).toThrow(message)
  })
})
