import { api, form, get, post } from 'trestle'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { formOf, onEveryWire } from './wires.ts'

const places = { openapi: false, docs: false, redoc: false, reference: false } as const
const echo = api(
  { places },
  {
    form: post(
      '/form',
      {
        body: form(
          z.object({
            number: z.number().optional(),
            int: z.int().optional(),
            big: z.bigint().optional(),
            flag: z.boolean().nullable().optional(),
            date: z.iso.datetime().optional(),
          }),
        ),
      },
      ({ body }) => ({ ...body, big: undefined }),
    ),
    cookies: get(
      '/cookies',
      { cookies: z.looseObject({}), headers: z.object({ 'x-list': z.array(z.int()).optional() }) },
      ({ cookies }) => ({ many: Object.keys(cookies).length }),
    ),
    echo: get('/echo/{text}', ({ params }) => ({ length: params.text.length })),
  },
)

/** Text that an expression could try in many ways before it gives up. */
const MEAN = [
  '1',
  '0',
  '-',
  '1.',
  '1e',
  '1e+',
  '%',
  '%2',
  '%41',
  ' ',
  '\t',
  'a=',
  ';',
  '; ',
  ',',
  '"',
  '\\',
  '/',
  '/.',
  'ä',
] as const
// Far above what it takes, for a machine that is busy, and far below what a square of the length takes.
const BOUND = 2000

onEveryWire('Text is read in time that follows its length', (open) => {
  it.each(['number', 'int', 'big', 'flag', 'date'])('a field of a form: %s', async (name) => {
    const running = await open(echo)
    for (const piece of MEAN) {
      const value = encodeURIComponent(`${piece.repeat(Math.floor(200_000 / piece.length))}!`)
      const began = performance.now()
      const reply = await running.fetch('/form', formOf(`${name}=${value.slice(0, 900_000)}`))
      const text = await reply.text()
      expect([piece, reply.status]).toEqual([piece, 422])
      expect(text.length).toBeLessThan(1000)
      expect(performance.now() - began).toBeLessThan(BOUND)
    }
  })

  it('a whole number of a million digits', async () => {
    const running = await open(echo)
    for (const name of ['number', 'int', 'big']) {
      const began = performance.now()
      const reply = await running.fetch('/form', formOf(`${name}=${'7'.repeat(1_000_000)}`))
      expect([name, reply.status]).toEqual([name, 422])
      expect((await reply.text()).length).toBeLessThan(1000)
      expect(performance.now() - began).toBeLessThan(BOUND)
    }
  })

  it('cookies, header fields and paths', async () => {
    const running = await open(echo)
    for (const piece of MEAN.filter((one) => one !== 'ä' && one !== '\t')) {
      const value = piece.repeat(Math.floor(5_000 / piece.length))
      const began = performance.now()
      const headers = { cookie: `${value}!`, 'x-list': `${value}!`, 'content-type': `a/b${value}!` }
      expect([200, 422]).toContain((await running.fetch('/cookies', { headers })).status)
      expect([200, 400, 404, 414]).toContain((await running.fetch(`/echo/${value.slice(0, 8000)}`)).status)
      expect(performance.now() - began).toBeLessThan(BOUND)
    }
  })
})
