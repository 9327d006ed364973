import {
  type Endpoint,
  api,
  bytes,
  form,
  get,
  json,
  multipart,
  page,
  policy,
  post,
  put,
  stream,
  text,
  upload,
  xml,
} from 'trestle'
import { type OperationObject, toOpenApi } from 'trestle/openapi'
import { type } from 'arktype'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

async function operation(endpoint: Endpoint<string, object, unknown>): Promise<OperationObject> {
  const { paths } = await toOpenApi(api({ it: endpoint }))
  const [item] = Object.values(paths)
  return Object.values(item ?? {})[0] as OperationObject
}

describe('path parameters', () => {
  test('without a schema are text', async () => {
    expect((await operation(get('/{id}', () => 1))).parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    ])
  })

  test('that take the rest of the path say so', async () => {
    const { parameters } = await operation(
      get('/f/{rest...}', { params: z.object({ rest: z.string().describe('Where') }) }),
    )
    expect(parameters).toEqual([
      {
        name: 'rest',
        in: 'path',
        description: 'Where\n\nThe rest of the path; it may hold slashes.',
        required: true,
        schema: { type: 'string' },
      },
    ])
  })
})

describe('query fields', () => {
  test('that are bigints are integers of any size', async () => {
    const { parameters } = await operation(get('/', { query: z.object({ n: z.bigint() }) }))
    expect(parameters).toEqual([{ name: 'n', in: 'query', required: true, schema: { type: 'integer' } }])
  })

  test('are one parameter each, lists repeated', async () => {
    const query = z.object({
      tags: z.array(z.string()).optional().describe('Any of these'),
      sort: z.enum(['up', 'down']).default('up'),
      old: z.boolean().optional().meta({ deprecated: true }),
      since: z.iso.date(),
    })
    expect((await operation(get('/', { query }))).parameters).toEqual([
      {
        name: 'tags',
        in: 'query',
        description: 'Any of these',
        style: 'form',
        explode: true,
        schema: { type: 'array', items: { type: 'string' } },
      },
      { name: 'sort', in: 'query', schema: { type: 'string', enum: ['up', 'down'], default: 'up' } },
      { name: 'old', in: 'query', deprecated: true, schema: { type: 'boolean' } },
      { name: 'since', in: 'query', required: true, schema: { type: 'string', format: 'date' } },
    ])
  })

  test('of a page come with the paging fields', async () => {
    const query = page.offset({ q: z.string().optional(), shop: z.string() }, { most: 20, usual: 5 })
    const { parameters } = await operation(get('/', { query }))
    expect(parameters?.map(({ name, required }) => [name, required])).toEqual([
      ['limit', undefined],
      ['offset', undefined],
      ['q', undefined],
      ['shop', true],
    ])
    expect(parameters?.[0]?.schema).toEqual({ type: 'integer', minimum: 1, maximum: 20, default: 5 })
  })

  test('of a page with a default may be left out', async () => {
    const query = page.cursor({
      sort: z.enum(['up', 'down']).default('up'),
      old: z.boolean().default(false).optional(),
    })
    const { parameters } = await operation(get('/', { query }))
    expect(parameters?.map(({ required }) => required)).toEqual([undefined, undefined, undefined, undefined])
  })

  test('of a page may have schemas of other libraries', async () => {
    const query = page.cursor({ n: type('number.integer'), m: type('string | undefined') })
    const { parameters } = await operation(get('/', { query }))
    expect(parameters?.slice(2).map(({ name, required }) => [name, required])).toEqual([
      ['n', true],
      ['m', undefined],
    ])
  })

  test('are found in a named, refined, optional, piped or lazy object', async () => {
    const Named = z.object({ a: z.string() }).meta({ id: 'NamedQuery' })
    const query = z.lazy(() => Named.refine(() => true).optional()).pipe(z.any())
    const { paths, components } = await toOpenApi(api({ it: get('/', { query }) }))
    expect(paths['/']?.get?.parameters).toEqual([
      { name: 'a', in: 'query', required: true, schema: { type: 'string' } },
    ])
    expect(components.schemas).not.toHaveProperty('NamedQuery')
  })

  test('of a union are needed where all its members need them, and take what any takes', async () => {
    const query = z.union([
      z.object({ by: z.literal('id'), id: z.int() }),
      z.object({ by: z.literal('name'), name: z.string() }),
    ])
    expect((await operation(get('/', { query }))).parameters).toEqual([
      {
        name: 'by',
        in: 'query',
        required: true,
        schema: {
          anyOf: [
            { type: 'string', const: 'id' },
            { type: 'string', const: 'name' },
          ],
        },
      },
      { name: 'id', in: 'query', schema: { type: 'integer' } },
      { name: 'name', in: 'query', schema: { type: 'string' } },
    ])
  })

  test('of an intersection are those of both', async () => {
    const A = z.object({ a: z.string(), n: z.int().min(1) }).meta({ id: 'IntersectA' })
    const query = z.intersection(A, z.object({ b: z.string().optional(), n: z.int().max(9) }))
    const { parameters } = await operation(get('/', { query }))
    expect(parameters?.map(({ name, required }) => [name, required])).toEqual([
      ['a', true],
      ['n', true],
      ['b', undefined],
    ])
    expect(parameters?.[1]?.schema).toEqual({
      allOf: [
        { type: 'integer', minimum: 1 },
        { type: 'integer', maximum: 9 },
      ],
    })
  })
})

describe('headers and cookies', () => {
  test('are parameters, but for those that OpenAPI says elsewhere', async () => {
    const endpoint = get('/', {
      headers: z.object({ 'x-trace': z.string().optional(), authorization: z.string(), accept: z.string() }),
      cookies: z.object({ session: z.string() }),
    })
    expect((await operation(endpoint)).parameters).toEqual([
      { name: 'x-trace', in: 'header', schema: { type: 'string' } },
      { name: 'session', in: 'cookie', required: true, schema: { type: 'string' } },
    ])
  })

  test('of policies join those of the endpoint, which win', async () => {
    const wants = {
      'X-Trace': { schema: { type: 'integer' } },
      'X-Key': { schema: { type: 'string' }, required: true },
    }
    const traced = policy('traced', { requestHeaders: wants }, () => ({}))
    const { parameters } = await operation(
      get('/', { headers: z.object({ 'x-trace': z.string() }), policies: [traced] }),
    )
    expect(parameters).toEqual([
      { name: 'x-trace', in: 'header', required: true, schema: { type: 'string' } },
      { name: 'X-Key', in: 'header', required: true, schema: { type: 'string' } },
    ])
  })
})

test('a form with files is an object whose files are binary, with the types and sizes that are taken', async () => {
  const Tag = z.string().min(1).meta({ id: 'Tag' })
  const body = multipart({
    title: z.string().describe('What it is called'),
    copies: z.int().default(1),
    tags: z.array(Tag),
    note: z.string().optional(),
    cover: upload({ most: 5_000_000, types: ['image/png', 'image/jpeg'] }),
    contract: upload({ types: ['application/pdf'], optional: true }),
    pages: upload({ many: 20 }),
  })
  const document = await toOpenApi(api({ create: post('/covers', { body }, () => 1) }))
  const binary = { type: 'string', format: 'binary' }
  expect(document.paths['/covers']?.post?.requestBody).toEqual({
    required: true,
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: ['title', 'cover', 'pages'],
          properties: {
            title: { type: 'string', description: 'What it is called' },
            copies: { type: 'integer', default: 1 },
            tags: { type: 'array', items: { $ref: '#/components/schemas/Tag' } },
            note: { type: 'string' },
            cover: { ...binary, maxLength: 5_000_000 },
            contract: { ...binary, contentMediaType: 'application/pdf', maxLength: 10_485_760 },
            pages: {
              type: 'array',
              items: { ...binary, contentMediaType: 'application/octet-stream', maxLength: 10_485_760 },
              minItems: 1,
              maxItems: 20,
            },
          },
          additionalProperties: false,
        },
        encoding: {
          cover: { contentType: 'image/png, image/jpeg' },
          contract: { contentType: 'application/pdf' },
          pages: { contentType: 'application/octet-stream' },
        },
      },
    },
  })
  expect(Object.keys(document.paths['/covers']?.post?.responses ?? {})).toEqual(
    expect.arrayContaining(['400', '408', '413', '415', '422']),
  )
})

describe('bodies', () => {
  const A = z.object({ a: z.string() })
  const ref = { $ref: '#/components/schemas/ItBody' }
  test.each([
    ['a bare schema', A, 'application/json', ref],
    ['json', json(A, 'application/merge-patch+json'), 'application/merge-patch+json', ref],
    ['a form', form(A), 'application/x-www-form-urlencoded', ref],
    ['text', text('text/markdown'), 'text/markdown', { type: 'string' }],
    ['bytes', bytes('image/png'), 'image/png', { type: 'string', format: 'binary' }],
    ['a stream', stream(), 'application/octet-stream', { type: 'string', format: 'binary' }],
    ['a stream of text', stream('application/x-ndjson'), 'application/x-ndjson', { type: 'string' }],
  ])('%s', async (_what, body, mediaType, schema) => {
    expect((await operation(post('/', { body }))).requestBody).toEqual({
      required: true,
      content: { [mediaType]: { schema } },
    })
  })

  test.each([
    ['zod', A.optional()],
    ['arktype', type('string | undefined')],
  ])('that may be left out are not required: %s', async (_library, body) => {
    expect((await operation(put('/', { body }))).requestBody?.required).toBe(false)
  })
})

describe('several bodies', () => {
  const A = z.object({ a: z.int() })

  test('are each a media type', async () => {
    const { requestBody } = await operation(
      post('/', { body: [A, json(A, 'application/merge-patch+json'), form(z.object({ b: z.string() })), xml(A)] }),
    )
    const ref = { $ref: '#/components/schemas/ItBody' }
    expect(requestBody).toEqual({
      required: true,
      content: {
        'application/json': { schema: ref },
        'application/merge-patch+json': { schema: ref },
        'application/x-www-form-urlencoded': { schema: { $ref: '#/components/schemas/ItBody3' } },
        'application/xml': { schema: ref },
      },
    })
  })

  test('are XML too where formats say so, and may be left out where all may', async () => {
    const { requestBody } = await operation(post('/', { body: A.optional(), formats: ['json', 'xml'] }))
    expect(requestBody?.required).toBe(false)
    expect(Object.keys(requestBody?.content ?? {})).toEqual(['application/json', 'application/xml'])
    const other = await operation(post('/', { body: [A.optional(), text()] }))
    expect(other.requestBody?.required).toBe(true)
  })
})
