import {
  type Api,
  type ApiOptions,
  type GroupOptions,
  NotFound,
  api,
  created,
  depends,
  errorEnvelope,
  form,
  get,
  group,
  json,
  mount,
  ok,
  page,
  policy,
  post,
  status,
} from 'trestle'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it, test } from 'vitest'
import { z } from 'zod'

const nothing = (): Record<string, never> => ({})
const onlyAdmins = (): never => {
  throw NotFound()
}

/** The faults of a start, each in one line. */
async function faults(faulty: Api): Promise<string[]> {
  const error = await createTestClient(faulty).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  if (error === undefined) return []
  expect(error).toMatchObject({ name: 'StartError' })
  const { message } = error as Error
  const told = [...message.matchAll(/^ {2}(\S.*)\n {4}(.*)\n {4}→ (.*)$/gm)]
  return told.map(([, where, what, mend]) => `${where} | ${what} | ${mend}`)
}

describe('A part whose name is misspelt', () => {
  it('stops the start, in an endpoint, a group and an API, and the nearest name is told', async () => {
    const spec = { befor: [onlyAdmins], summary: 'x' }
    const shop = api({ polices: [], summary: 'x', places: { doc: false } } as ApiOptions, {
      secret: get('/secret', spec, () => 'the secret'),
      orders: group('/orders', { middlewares: [], tags: ['x'], title: 'x' } as GroupOptions, {
        list: get('/', { errors: errorEnvelope, summary: 'x' } as object, nothing),
        read: get('/{id}', { frobnicate: 1, limits: { timeouts: 1 } } as object, nothing),
      }),
    })
    expect(await faults(shop)).toEqual([
      'The API | polices: is no part of an API | write "policies"',
      'The API | summary: is no part of an API | give it to an endpoint',
      'The API | places.doc: is no place | write "docs"',
      'GET /secret (secret) | befor: is no part of an endpoint | write "before"',
      'GET /orders (orders.list) | group middlewares: is no part of a group | write "middleware"',
      'GET /orders (orders.list) | group title: is no part of a group | give it to the API',
      'GET /orders (orders.list) | errors: is no part of an endpoint | give it to a group or the API',
      'GET /orders/{id} (orders.read) | frobnicate: is no part of an endpoint | take it out',
      'GET /orders/{id} (orders.read) | limits.timeouts: is no limit | write "timeout"',
    ])
  })
})

describe('A hook, a rule or a problem that is none', () => {
  it.each([
    ['middleware', undefined, 'is undefined', 'check for modules that import each other'],
    ['before', 'x', 'is no function', 'give it a function'],
    ['after', 7, 'is no function', 'give it a function'],
    ['throws', undefined, 'is undefined', 'check for modules that import each other'],
    ['throws', 'not_found', 'is no problem', 'make it with problem(…)'],
    ['policies', undefined, 'is undefined', 'check for modules that import each other'],
    ['policies', nothing, 'is no policy', 'make it with policy(…)'],
  ])('is told where it is declared, once: %s of %s', async (part, given, what, mend) => {
    const options = { [part]: [given] }
    const read = get('/read', options, nothing)
    const list = get('/list', nothing)
    const told = `${part}.0: ${what} | ${mend}`
    expect(await faults(api({ read, list }))).toEqual([`GET /read (read) | ${told}`])
    const orders = group('/orders', options, { list, inner: group('/inner', { list }) })
    expect(await faults(api({ orders }))).toEqual([`GET /orders/list (orders.list) | group ${told}`])
    expect(await faults(api(options, { list }))).toEqual([`The API | ${told}`])
  })

  it.each(['middleware', 'before', 'after', 'throws', 'policies'])('is told where %s is no list', async (part) => {
    expect(await faults(api({ read: get('/', { [part]: NotFound }, nothing) }))).toEqual([
      `GET / (read) | ${part}: is no list | write ${part}: [ … ]`,
    ])
  })

  it('is told where a dependency, a policy or a format is none', async () => {
    const user = depends({}, () => 1, { throws: [undefined as never] })
    const odd = policy('odd', { throws: ['x' as never] }, () => ({}))
    const shop = api(
      { errors: {} as never },
      {
        one: get('/one', { use: { user }, policies: [odd] }, nothing),
      },
    )
    expect(await faults(shop)).toEqual([
      'The API | errors: is no error format | make it with errorFormat(…)',
      'GET /one (one) | policies.0: throws something that is no problem | make it with problem(…)',
      'GET /one (one) | use.user: throws something that is no problem | make it with problem(…)',
    ])
  })
})

test('a limit of an API or a group that is none is told once, whatever it holds for', async () => {
  const members = { read: get('/{id}', nothing), list: get('/', { limits: { body: -1 } }, nothing) }
  const shop = api(
    { limits: { timeout: Number.NaN } },
    {
      orders: group('/orders', { limits: { depth: 1.5 } }, members),
      again: group('/again', { limits: 7 as never }, { list: get('/', nothing) }),
    },
  )
  expect(await faults(shop)).toEqual([
    'The API | limits.timeout: NaN is no limit | use whole milliseconds up to 2147483647, or 0 for none',
    'GET /orders/{id} (orders.read) | group limits.depth: 1.5 is no limit | use a whole number',
    'GET /orders (orders.list) | limits.body: -1 is no limit | use a whole number',
    'GET /again (again.list) | group limits: is no set of limits | write limits: { body, depth, timeout }',
  ])
})

describe('A reply or a body that is nothing', () => {
  const SCHEMA = 'give it a schema, or a content type such as text()'
  it.each([
    ['a number', 5, `returns 200: is neither a schema nor a content type | ${SCHEMA}`],
    ['null', null, `returns 200: is neither a schema nor a content type | ${SCHEMA}`],
    ['a list with undefined', [undefined], 'returns.0: is undefined | check for modules that import each other'],
    ['null in a reply', ok(null as never), `returns 200: is neither a schema nor a content type | ${SCHEMA}`],
    [
      'a page of undefined',
      status(200, json(undefined as never)),
      'returns 200: json(…) was given something that is no schema | give it a zod, valibot or arktype schema',
    ],
    [
      'header fields of null',
      ok(z.string(), { headers: null as never }),
      'returns 200 headers: is not a schema | give it a zod, valibot or arktype schema',
    ],
    [
      'a location that is no function',
      created(z.string(), { location: '/x' as never }),
      'returns 201: location is no function | give it (body) => address',
    ],
  ])('is told: %s', async (_, returns, told) => {
    const read = get('/', { returns: returns as never }, nothing as never)
    expect(await faults(api({ read }))).toEqual([`GET / (read) | ${told}`])
  })

  it('is told for what comes in', async () => {
    const spec = { params: null, query: null, body: null } as object
    const extra = { ...NotFound, is: 'problem', code: 'odd', extra: null } as never
    const shop = api({
      nothing: post('/nothing/{id}', spec, nothing),
      form: post('/form', { body: form(undefined as never) }, nothing),
      odd: get('/odd', { throws: [extra] }, nothing),
      paged: get('/paged', { query: page.cursor({ q: undefined as never }) }, nothing),
    })
    const none = 'is not a schema | give it a zod, valibot or arktype schema'
    expect(await faults(shop)).toEqual([
      `POST /nothing/{id} (nothing) | params: ${none}`,
      `POST /nothing/{id} (nothing) | query: ${none}`,
      `POST /nothing/{id} (nothing) | body: is neither a schema nor a content type | ${SCHEMA}`,
      'POST /form (form) | body: form(…) was given something that is no schema | give it a zod, valibot or arktype schema',
      `GET /odd (odd) | throws odd: has something extra that is no schema | give it a zod, valibot or arktype schema`,
      `GET /paged (paged) | query.q: ${none}`,
    ])
  })
})

test('what is declared of something undefined is told where it is declared', () => {
  const gone = undefined as never
  const cycle = 'check for modules that import each other'
  expect(() => mount('/v1', gone)).toThrow(`mount('/v1', …): the API is undefined: ${cycle}`)
  expect(() => mount('/v1', { list: get('/', nothing) } as never)).toThrow(
    "mount('/v1', …): that is no API: make it with api(…), or use group('/v1', …)",
  )
  expect(() => group('/v1', gone)).toThrow(`group('/v1', …): the members are undefined: ${cycle}`)
  expect(() => group('/v1', {}, gone)).toThrow(`group('/v1', …): the members are undefined: ${cycle}`)
  expect(() => group('/v1', gone, {})).toThrow(`group('/v1', …): the options are undefined: ${cycle}`)
  expect(() => api(gone)).toThrow(`api(…): the members are undefined: ${cycle}`)
  expect(() => api({}, gone)).toThrow(`api(…): the members are undefined: ${cycle}`)
  expect(() => api(gone, {})).toThrow(`api(…): the options are undefined: ${cycle}`)
  expect(() => get('/secret', gone as object, nothing)).toThrow(`GET /secret: what it declares is undefined: ${cycle}`)
})

describe('An admin', () => {
  const orders = { list: get('/orders', () => []), read: get('/orders/{id}', nothing) }

  it('that leaves open who may see it, or shows what there is no list of, stops the start', async () => {
    const open = api({ admin: { resources: ['order'], history: 'x' } } as unknown as ApiOptions, { orders })
    expect(await faults(open)).toEqual([
      'The API | admin.security: does not say who may open it | give it a security dependency, or "public"',
      'The API | admin.resources.0: names "order", of which there is no list | write "orders"',
      'The API | admin.history: names "x", of which there is no list | name a group with a GET without path parameters: orders',
    ])
    expect(await faults(api({ admin: { resources: [], security: 'public' } }, { orders }))).toEqual([
      "The API | admin.resources: names nothing to show | name groups of the API: ['books']",
    ])
    expect(await faults(api({ admin: { resources: ['orders'], security: 'public' } }, { orders }))).toEqual([])
  })
})

describe('A name that two schemas have', () => {
  const One = z.object({ one: z.string() }).meta({ id: 'Twice' })
  const Other = z.object({ other: z.string() }).meta({ id: 'Twice' })
  const mend = 'name one of them otherwise: a model by "name", a schema by .meta({ id })'

  it('stops the start, wherever the schemas stand, and both places are told', async () => {
    const shop = api({
      list: get('/', { returns: page.of(One), query: page.cursor({}) }, () => ({ items: [], next_cursor: null })),
      add: post('/', { body: z.object({ inside: z.array(Other.describe('of another kind')) }) }, () => undefined),
      change: post('/change', { body: [json(Other), form(z.object({ a: z.string() }))] }, () => undefined),
    })
    expect(await faults(shop)).toEqual([
      `POST / (add) | body: "Twice" is another schema than in "returns" of list, and OpenAPI has one of a name | ${mend}`,
    ])
  })

  it('stops the start where one of them is of the API', async () => {
    const shop = api(
      { schemas: { Twice: One } },
      { add: post('/', { body: One }, nothing), b: post('/b', { body: Other }, nothing) },
    )
    expect(await faults(shop)).toEqual([
      `POST /b (b) | body: "Twice" is another schema than in the schemas of the API, and OpenAPI has one of a name | ${mend}`,
    ])
  })

  it('is well where no document has both', async () => {
    const shop = api({
      add: post('/', { body: One }, nothing),
      hidden: post('/hidden', { body: Other, hidden: true }, nothing),
      again: post('/again', { body: z.object({ one: One, copy: One.describe('a copy') }) }, nothing),
    })
    expect(await faults(shop)).toEqual([])
  })
})
