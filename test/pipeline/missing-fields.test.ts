import { type } from 'arktype'
import { api, get, post } from 'trestle'
import * as v from 'valibot'
import { expect, it } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { json, onEveryWire } from './wires.ts'

/** What is said of a field that is not there. */

const places = { openapi: false, docs: false, redoc: false, reference: false } as const
const REQUIRED = { code: 'required', message: 'This field is required' }

const bodies = {
  'zod: of any type': [
    z.object({ a: z.string(), b: z.enum(['x', 'y']), c: z.literal(1), d: z.union([z.string(), z.int()]) }),
    ['a', 'b', 'c', 'd'].map((name) => ({ pointer: `/body/${name}`, ...REQUIRED })),
  ],
  'zod: with words of its author': [
    z.object({ a: z.string('Name please'), b: z.enum(['x'], 'Pick one'), c: z.number({ error: () => 'How many?' }) }),
    [
      { pointer: '/body/a', code: 'required', message: 'Name please' },
      { pointer: '/body/b', code: 'required', message: 'Pick one' },
      { pointer: '/body/c', code: 'required', message: 'How many?' },
    ],
  ],
  'zod: by a refinement': [
    z
      .object({ a: z.string().optional(), b: z.string().optional() })
      .refine(() => false, { path: ['b'], error: 'a or b' }),
    [{ pointer: '/body/b', code: 'custom', message: 'a or b' }],
  ],
  'zod: by a check with a code': [
    z.object({ b: z.string().optional() }).superRefine((_, { addIssue }) => {
      addIssue({ code: 'custom', path: ['b'], message: 'b is wanted', params: {} })
    }),
    [{ pointer: '/body/b', code: 'custom', message: 'b is wanted' }],
  ],
  'zod: below what is not there': [
    z.object({ user: z.object({ name: z.string() }).prefault({} as never) }),
    [{ pointer: '/body/user/name', ...REQUIRED }],
  ],
  'zod/mini: of any type': [mini.object({ a: mini.string() }), [{ pointer: '/body/a', ...REQUIRED }]],
  'valibot: of any type': [v.object({ a: v.string() }), [{ pointer: '/body/a', ...REQUIRED }]],
  'valibot: with words of its author': [
    v.object({ a: v.string() }, 'Name please'),
    [{ pointer: '/body/a', code: 'required', message: 'Name please' }],
  ],
  'valibot: by a check': [
    v.pipe(
      v.object({ a: v.optional(v.string()) }),
      v.forward(
        v.check(() => false, 'a is wanted'),
        ['a'],
      ),
    ),
    [{ pointer: '/body/a', code: 'invalid', message: 'a is wanted' }],
  ],
  'arktype: of any type': [type({ a: 'string' }), [{ pointer: '/body/a', ...REQUIRED }]],
  'arktype: by a narrowing': [
    type({ 'a?': 'string' }).narrow((_, context) => context.reject({ message: 'a is wanted', path: ['a'] })),
    [{ pointer: '/body/a', code: 'predicate', message: 'a is wanted' }],
  ],
} as const

onEveryWire('A field that is not there', (open) => {
  it.each(Object.keys(bodies) as (keyof typeof bodies)[])('is told of by %s', async (name) => {
    const [body, expected] = bodies[name]
    const { fetch } = await open(api({ places }, { create: post('/', { body: body as z.ZodType }, () => 'made') }))
    const reply = await fetch('/', json({}))
    expect(reply.status).toBe(422)
    expect((await reply.json()).errors).toEqual(expected)
  })

  it('is no item of what a transform made', async () => {
    const ids = z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(z.coerce.number<string>()))
    const { fetch } = await open(
      api({ places }, { list: get('/', { query: z.object({ ids, limit: z.coerce.number() }) }, () => 'made') }),
    )
    expect((await (await fetch('/?ids=a&limit=1')).json()).errors).toEqual([
      { pointer: '/query/ids/0', code: 'invalid_type', message: 'Invalid input: expected number, received NaN' },
    ])
    expect((await (await fetch('/?ids=1')).json()).errors).toEqual([{ pointer: '/query/limit', ...REQUIRED }])
  })
})
