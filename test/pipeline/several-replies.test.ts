import { api, created, file, get, ok, page, reply, status, text } from 'trestle'
import { createClient } from 'trestle/client'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire } from './wires.ts'

const Open = z.object({ state: z.literal('open'), total: z.int() })
const Paid = z.object({ state: z.literal('paid'), at: z.string() })
const open200 = { state: 'open' as const, total: 3, secret: 'canary' }
const paid200 = { state: 'paid' as const, at: 'noon', secret: 'canary' }

const app = api({
  order: get('/orders/{id}', { returns: [ok(Open), ok(Paid)] }, ({ params }) => {
    if (params.id === 'paid') return reply(200, paid200)
    return params.id === 'open' ? open200 : reply(200, { state: 'lost' } as never)
  }),
  export: get('/export/{as}', { returns: [z.array(Open), ok(text('text/csv')), ok(file())] }, ({ params }) => {
    if (params.as === 'csv') return reply(200, 'state,total\nopen,3\n')
    if (params.as === 'png') return reply(200, new Blob(['png'], { type: 'image/png' }))
    return params.as === 'json' ? [open200] : reply(200, 7 as never)
  }),
  list: get('/list/{as}', { query: page.cursor(), returns: [page.of(Open), ok(Open)] }, ({ params }) =>
    params.as === 'page' ? { items: [open200], next_cursor: null } : reply(200, open200),
  ),
  made: get('/made/{as}', { returns: [created(Open, { location: () => '/o' }), status(201, Paid)] }, ({ params }) =>
    params.as === 'open' ? open200 : reply(201, paid200),
  ),
})

onEveryWire('Two replies of one status', (open) => {
  it('are either: the first that takes the value is sent, and drops what it does not declare', async () => {
    const { fetch } = await open(app)
    expect(await (await fetch('/orders/open')).json()).toEqual({ state: 'open', total: 3 })
    expect(await (await fetch('/orders/paid')).json()).toEqual({ state: 'paid', at: 'noon' })
    expect((await fetch('/made/open')).headers.get('location')).toBe('/o')
    expect((await fetch('/made/paid')).headers.get('location')).toBeNull()
  })

  it('are told apart by what the handler returns, be it JSON, text, a file or a page', async () => {
    const { fetch } = await open(app)
    const types: (string | null)[] = []
    for (const as of ['json', 'csv', 'png']) types.push((await fetch(`/export/${as}`)).headers.get('content-type'))
    expect(types).toEqual(['application/json', 'text/csv; charset=utf-8', 'image/png'])
    expect(await (await fetch('/list/page')).json()).toEqual({
      items: [{ state: 'open', total: 3 }],
      next_cursor: null,
    })
    expect(await (await fetch('/list/one')).json()).toEqual({ state: 'open', total: 3 })
  })

  it('are all named where none takes the value', async () => {
    const { fetch, failures } = await open(app)
    expect((await fetch('/orders/lost')).status).toBe(500)
    expect((await fetch('/export/odd')).status).toBe(500)
    expect(String(failures[0]?.error)).toMatch(/order returned what its 200 reply does not declare: state: .*; state: /)
    expect(String(failures[1]?.error)).toContain('expected text, got number; the value: expected file, got number')
  })

  it.each([
    ['with the contract', { contract: app }],
    ['with the description', {}],
  ])('reach a client each in its own form, %s', async (_how, options) => {
    const { fetch } = await open(app)
    const client = createClient<typeof app>('http://api.test', {
      ...options,
      fetch: (request) => fetch(new URL(request.url).pathname, { headers: request.headers }),
    })
    expect(await client.order({ params: { id: 'paid' } })).toEqual({ state: 'paid', at: 'noon' })
    expect(await client.export({ params: { as: 'json' } })).toEqual([{ state: 'open', total: 3 }])
    expect(await client.export({ params: { as: 'csv' } })).toBe('state,total\nopen,3\n')
    expect(await client.export({ params: { as: 'png' } })).toBeInstanceOf(Blob)
  })
})
