import { type StatedReply, api, created, get, noContent, ok, redirect, reply, stream, text } from 'trestle'
import { toOpenApi } from 'trestle/openapi'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire } from './wires.ts'

const Counts = z.object({
  'X-Total': z.int().min(0),
  'x-tags': z.array(z.string()).optional(),
  'x-kind': z.string().default('plain'),
})
const counted = (headers: Record<string, string>) => (): StatedReply<200, string> => reply(200, 'a', headers)

onEveryWire('Header fields of a reply', (open) => {
  it('that are as declared are sent; a default is added, and fields beside them stay', async () => {
    const app = api({
      full: get(
        '/full',
        { returns: ok(text(), { headers: Counts }) },
        counted({ 'x-total': '3', 'x-tags': 'a, b', 'x-more': '1' }),
      ),
      least: get(
        '/least',
        { returns: ok(z.string(), { headers: Counts }) },
        counted({ 'x-total': '0', 'x-kind': 'rare' }),
      ),
    })
    const { fetch } = await open(app)
    const full = await fetch('/full')
    expect([full.status, full.headers.get('x-kind'), full.headers.get('x-more')]).toEqual([200, 'plain', '1'])
    expect((await fetch('/least')).headers.get('x-kind')).toBe('rare')
    const { paths } = await toOpenApi(app)
    expect(paths['/full']?.get?.responses['200']).toMatchObject({
      headers: { 'X-Total': { required: true }, 'x-kind': { required: true } },
    })
  })

  it.each([
    ['of another type', { 'x-total': 'many' }, 'headers.X-Total: '],
    ['missing', {}, 'headers.X-Total: '],
    ['out of range', { 'x-total': '-1' }, 'headers.X-Total: '],
  ])('that are %s are a 500, told by name', async (_what, headers, where) => {
    const returns = ok(text(), { headers: Counts })
    const { fetch, failures } = await open(api({ read: get('/', { returns }, counted(headers as never)) }))
    expect((await fetch('/')).status).toBe(500)
    expect(String(failures[0]?.error)).toContain(`read returned what its 200 reply does not declare: ${where}`)
  })

  it('count where the pipeline sets them, and where there is no body', async () => {
    const Where = z.object({ location: z.string().startsWith('/users/') })
    const app = api({
      made: get('/made', { returns: created(z.string(), { headers: Where, location: () => '/users/7' }) }, () => 'a'),
      astray: get('/astray', { returns: redirect(303, { headers: Where }) }, () => '/elsewhere'),
      gone: get('/gone', { returns: noContent({ headers: Counts }) }, () => reply(204, undefined, { 'x-total': '1' })),
    })
    const { fetch } = await open(app)
    expect((await fetch('/made')).status).toBe(201)
    expect((await fetch('/astray', { redirect: 'manual' })).status).toBe(500)
    expect((await fetch('/gone')).headers.get('x-kind')).toBe('plain')
  })

  it('that are wrong let go of the stream that will not be sent', async () => {
    let ended = false
    const pieces = new ReadableStream<string>({
      cancel: () => {
        ended = true
      },
    })
    const returns = ok(stream(), { headers: Counts })
    const { fetch } = await open(api({ read: get('/', { returns }, () => reply(200, pieces)) }))
    expect((await fetch('/')).status).toBe(500)
    expect(ended).toBe(true)
  })
})
