import {
  type Endpoint,
  Forbidden,
  type Members,
  NotFound,
  Unauthorized,
  accepted,
  api,
  created,
  depends,
  errorEnvelope,
  errorFormat,
  file,
  get,
  group,
  head,
  noContent,
  ok,
  page,
  policy,
  post,
  problem,
  redirect,
  rows,
  status,
  text,
  xml,
} from 'trestle'
import { type OperationObject, type ResponseObject, toOpenApi } from 'trestle/openapi'
import type { Returns } from '../../src/contract/reply-spec.ts'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const A = z.object({ a: z.string() })
const B = z.object({ b: z.string() })
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const location = { description: 'Where it is', schema: { type: 'string', format: 'uri-reference' } }

async function responses(
  endpoint: Endpoint<string, object, unknown>,
  options: object = {},
): Promise<Record<string, ResponseObject>> {
  const { paths } = await toOpenApi(api(options, { it: endpoint }))
  const [operation] = Object.values(Object.values(paths)[0] ?? {}) as OperationObject[]
  return operation?.responses as Record<string, ResponseObject>
}

const promised = (found: Record<string, ResponseObject>) =>
  Object.fromEntries(Object.entries(found).filter(([code]) => Number(code) < 400))

describe('replies', () => {
  test('are JSON of any form where nothing is promised', async () => {
    expect(promised(await responses(get('/', () => 1)))).toEqual({
      200: { description: 'OK', content: { 'application/json': {} } },
      204: { description: 'No Content' },
    })
  })

  test('of every kind are declared', async () => {
    const returns = [
      ok(A, { headers: z.object({ 'x-total': z.int().describe('How many'), 'x-more': z.string().optional() }) }),
      created(A, { location: () => '/a' }),
      accepted(B, { description: 'It will be done' }),
      noContent(),
      redirect(308),
      status(206, text()),
      status(207, file('application/pdf')),
    ]
    expect(promised(await responses(post('/', { returns })))).toEqual({
      200: {
        description: 'OK',
        headers: {
          'x-total': { description: 'How many', required: true, schema: { type: 'integer' } },
          'x-more': { schema: { type: 'string' } },
        },
        content: { 'application/json': { schema: refTo('ItReply') } },
      },
      201: {
        description: 'Created',
        headers: { Location: location },
        content: { 'application/json': { schema: refTo('ItReply') } },
      },
      202: { description: 'It will be done', content: { 'application/json': { schema: refTo('ItReply202') } } },
      204: { description: 'No Content' },
      206: { description: 'Partial Content', content: { 'text/plain': { schema: { type: 'string' } } } },
      207: {
        description: 'Multi-Status',
        content: { 'application/pdf': { schema: { type: 'string', format: 'binary' }, 'x-trestle-kind': 'file' } },
      },
      308: { description: 'Permanent Redirect', headers: { Location: location } },
    })
  })

  test('of one status are either, and media types stand side by side', async () => {
    const { 200: found } = await responses(get('/', { returns: [A, B, status(200, text()), ok(A)] }))
    expect(found?.content).toEqual({
      'application/json': { schema: { anyOf: [refTo('ItReply'), refTo('ItReply200')] } },
      'text/plain': { schema: { type: 'string' } },
    })
  })

  test.each([
    ['cursor', { next_cursor: { type: ['string', 'null'] } }],
    ['offset', { total: { type: 'integer', minimum: 0 } }],
  ] as const)('of a page by %s', async (mode, beside) => {
    const { 200: found } = await responses(get('/', { returns: page.of(A, mode) }))
    expect(found?.headers).toHaveProperty('Link')
    expect(found?.content?.['application/json']?.schema).toMatchObject({
      required: ['items', Object.keys(beside)[0]],
      properties: { items: { type: 'array', items: refTo('ItItem') }, ...beside },
    })
  })

  test('to HEAD have no body', async () => {
    expect(promised(await responses(head('/', { returns: A })))).toEqual({ 200: { description: 'OK' } })
  })

  test('carry the headers of policies, where they succeed', async () => {
    const counted = policy(
      'counted',
      { replyHeaders: { 'X-Left': { type: 'integer' } }, throws: [Forbidden] },
      () => ({}),
    )
    const found = await responses(get('/', { returns: [A, redirect()], policies: [counted] }))
    expect(found[200]?.headers).toEqual({ 'X-Left': { schema: { type: 'integer' } } })
    expect(found[303]?.headers).not.toHaveProperty('X-Left')
    expect(found[403]?.headers).toBeUndefined()
  })
})

describe('failures', () => {
  test.each([
    ['nothing to read', get('/', () => 1), [500, 503]],
    ['a path parameter', get('/{id}', () => 1), [400, 500, 503]],
    ['checked params', get('/{id}', { params: z.object({ id: z.string() }) }), [400, 422, 500, 503]],
    ['a query', get('/', { query: A }), [422, 500, 503]],
    ['headers', get('/', { headers: A }), [422, 500, 503]],
    ['a JSON body', post('/', { body: A }), [400, 408, 413, 415, 422, 500, 503]],
    ['a text body', post('/', { body: text() }), [400, 408, 413, 415, 500, 503]],
  ])('of an endpoint with %s', async (_what, endpoint, expected) => {
    const found = await responses(endpoint)
    expect(
      Object.keys(found)
        .map(Number)
        .filter((code) => code >= 400),
    ).toEqual(expected)
  })

  test('come from the API, its groups, dependencies below others, policies and the endpoint', async () => {
    const [One, Two, Three, Four] = [
      problem('one', { status: 409 }),
      problem('two', { status: 410 }),
      problem('three', { status: 423 }),
      problem('four', { status: 451 }),
    ]
    const inner = depends({}, () => 1, { throws: [Two] })
    const outer = depends({ inner }, () => 1)
    const limited = policy('limited', { throws: [Three] }, () => ({}))
    const endpoint = get('/', { throws: [Four], use: { outer }, policies: [limited] }, () => 1)
    const { paths } = await toOpenApi(api({ throws: [One] }, { g: group('/g', { throws: [NotFound] }, { endpoint }) }))
    expect(Object.keys(paths['/g']?.get?.responses ?? {})).toEqual([
      '200',
      '204',
      '404',
      '409',
      '410',
      '423',
      '451',
      '500',
      '503',
    ])
  })

  test('with members of their own have a schema of their own, told apart by code', async () => {
    const Gone = problem('sold', {
      status: 409,
      extra: z.object({ sku: z.string() }).meta({ examples: [{ sku: 'tea' }] }),
    })
    const Late = problem('late', { status: 409, title: 'Too late' })
    const given = api({ it: get('/', { throws: [Gone, Late] }, () => 1) })
    const { paths, components } = await toOpenApi(given)
    const code = (name: string) => ({
      type: 'object',
      required: ['code'],
      properties: { code: { type: 'string', enum: [name] } },
    })
    expect(paths['/']?.get?.responses[409]).toEqual({
      description: 'Sold (`sold`); Too late (`late`)',
      content: {
        'application/problem+json': {
          schema: {
            anyOf: [
              {
                allOf: [refTo('Problem'), code('late')],
                examples: [{ type: 'about:blank', title: 'Too late', status: 409, code: 'late' }],
              },
              refTo('SoldProblem'),
            ],
          },
        },
      },
    })
    expect(components.schemas?.SoldProblem).toEqual({
      allOf: [
        refTo('Problem'),
        { type: 'object', properties: { sku: { type: 'string' } }, required: ['sku'] },
        code('sold'),
      ],
      examples: [{ sku: 'tea', type: 'about:blank', title: 'Sold', status: 409, code: 'sold' }],
    })
  })

  test('show what each code looks like, where its members say what they look like', async () => {
    const Full = problem('full', { status: 409, extra: z.object({ until: z.string() }) })
    const found = await responses(post('/{id}', { body: A, throws: [Full] }))
    const examples = (code: number) => {
      const { schema } = found[code]?.content?.['application/problem+json'] ?? {}
      return (schema as { examples?: unknown } | undefined)?.examples
    }
    expect(examples(400)).toEqual([
      { type: 'about:blank', title: 'Bad request', status: 400, code: 'bad_request' },
      { type: 'about:blank', title: 'The body cannot be read', status: 400, code: 'malformed_body' },
    ])
    const refused = [
      { pointer: '/body/items/0/qty', code: 'too_small', message: 'Too small: expected number to be >=1' },
    ]
    expect(examples(422)).toMatchObject([{ code: 'invalid_input', errors: refused }])
    expect(examples(409)).toBeUndefined()
  })

  test('of one code with different members cannot share its name', async () => {
    const make = (extra: z.ZodType) => problem('same', { status: 409, extra })
    const given = api({ a: get('/a', { throws: [make(A)] }, () => 1), b: get('/b', { throws: [make(B)] }, () => 1) })
    await expect(toOpenApi(given)).rejects.toThrow('two different schemas are named "SameProblem"')
  })

  test('name the headers that come with them', async () => {
    const { 401: unauthorized, 503: unavailable } = await responses(get('/', { throws: [Unauthorized] }, () => 1))
    expect(unauthorized?.headers).toHaveProperty('WWW-Authenticate')
    expect(unavailable?.headers).toHaveProperty('Retry-After')
  })

  test('follow the error format of the API', async () => {
    const { 500: found } = await responses(
      get('/', () => 1),
      { errors: errorEnvelope },
    )
    expect(found?.content).toEqual({
      'application/json': {
        schema: {
          allOf: [
            refTo('Error'),
            {
              type: 'object',
              required: ['error'],
              properties: {
                error: {
                  type: 'object',
                  required: ['code'],
                  properties: { code: { type: 'string', enum: ['internal_error'] } },
                },
              },
            },
          ],
        },
      },
    })
  })

  test('follow an error format that has no code', async () => {
    const terse = errorFormat({
      name: 'Terse',
      mediaType: 'application/vnd.terse+json',
      body: () => ({}),
      schema: () => ({ type: 'object' }),
    })
    const { 500: found } = await responses(
      get('/', () => 1),
      { errors: terse },
    )
    expect(found?.content).toEqual({ 'application/vnd.terse+json': { schema: refTo('Terse') } })
  })

  test('that operations share are one component, and two where formats differ', async () => {
    const many = group('/a', { x: get('/x', () => 1), y: get('/y', () => 1) })
    const { paths, components } = await toOpenApi(
      api({ a: many, b: group('/b', { errors: errorEnvelope }, { x: get('/x', () => 1), y: get('/y', () => 1) }) }),
    )
    expect(paths['/a/x']?.get?.responses[500]).toEqual({ $ref: '#/components/responses/InternalError' })
    expect(paths['/b/y']?.get?.responses[500]).toEqual({ $ref: '#/components/responses/InternalErrorError' })
    expect(Object.keys(components.responses ?? {})).toEqual([
      'HandlerTimeoutOrOverloaded',
      'HandlerTimeoutOrOverloadedError',
      'InternalError',
      'InternalErrorError',
    ])
  })

  test('of a status that is promised as a reply stand beside it', async () => {
    const { 409: found } = await responses(
      get('/', { returns: [A, status(409, B)], throws: [problem('busy', { status: 409 })] }),
    )
    expect(Object.keys(found?.content ?? {}).toSorted()).toEqual(['application/json', 'application/problem+json'])
  })
})

test('201 says Location where something reads what was made, or the endpoint says where it is', async () => {
  const read = get('/{id}', () => 1)
  const make = (returns: ReturnType<typeof created>) => post('/', { returns })
  const headersOf = async (members: Members) => {
    const { paths } = await toOpenApi(api({ it: group('/it', members) }))
    const made = paths['/it']?.post?.responses[201] as { headers?: object } | undefined
    return Object.keys(made?.headers ?? {})
  }
  expect(await headersOf({ make: make(created(A)), read })).toEqual(['Location'])
  expect(await headersOf({ make: make(created(A, { location: () => '/x' })) })).toEqual(['Location'])
  expect(await headersOf({ make: make(created(A)) })).toEqual([])
})

describe('replies in several forms', () => {
  const vary = { description: 'That `Accept` chooses', schema: { type: 'string' } }

  test('are each a media type, and 406 is declared', async () => {
    const found = await responses(get('/', { returns: A, formats: ['json', 'xml'] }))
    expect(promised(found)).toEqual({
      200: {
        description: 'OK',
        headers: { Vary: vary },
        content: {
          'application/json': { schema: refTo('ItReply') },
          'application/xml': { schema: { ...refTo('ItReply'), xml: { name: 'value' } }, 'x-trestle-kind': 'other' },
        },
      },
    })
    expect(Object.keys(found)).toContain('406')
  })

  test('of lists are CSV and NDJSON where they can be', async () => {
    const formats = ['json', 'csv', 'ndjson'] as const
    const types = async (returns: Returns) =>
      Object.keys(
        promised(await responses(get('/', { returns, query: page.cursor() }), { formats }))[200]?.content ?? {},
      )
    expect(await types(A)).toEqual(['application/json'])
    expect(await types(z.array(z.string()))).toEqual(['application/json', 'application/x-ndjson'])
    expect(await types(z.array(A))).toEqual(['application/json', 'text/csv', 'application/x-ndjson'])
    expect(await types(page.of(A))).toEqual(['application/json', 'text/csv', 'application/x-ndjson'])
    expect(await types(text())).toEqual(['text/plain'])
  })

  test('of rows are all three unless told, and clients of Trestle ask for lines', async () => {
    const found = promised(await responses(get('/', { returns: rows(A) })))[200]?.content
    expect(Object.entries(found ?? {}).map(([type, one]) => [type, one['x-trestle-kind']])).toEqual([
      ['application/json', 'other'],
      ['application/x-ndjson', 'rows'],
      ['text/csv', 'other'],
    ])
    expect(found?.['application/json']?.schema).toEqual({ type: 'array', items: refTo('ItItem') })
  })

  test('say nothing of a choice where there is none', async () => {
    const found = await responses(get('/', { returns: xml(A) }))
    expect(Object.keys(found)).not.toContain('406')
    expect(found[200]?.headers).toBeUndefined()
    expect(Object.keys(found[200]?.content ?? {})).toEqual(['application/xml'])
  })
})
