import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { type Api, api, get, group, mount } from 'trestle'
import { toOpenApi } from 'trestle/openapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { formats } from './fixtures/formats.ts'
import { hello } from './fixtures/hello.ts'
import { mixed } from './fixtures/mixed.ts'
import { shop } from './fixtures/shop.ts'
import { versioned } from './fixtures/versioned.ts'
import { lint } from './redocly.ts'

const apis: Record<string, Api> = { formats, hello, mixed, shop, versioned }

describe.each(Object.entries(apis))('the document of %s', (name, given) => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'trestle-openapi-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('is what it was', async () => {
    const text = `${JSON.stringify(await toOpenApi(given), null, 2)}\n`
    await expect(text).toMatchFileSnapshot(`../golden/openapi/${name}.json`)
  })

  test('is the same each time', async () => {
    expect(JSON.stringify(await toOpenApi(given))).toBe(JSON.stringify(await toOpenApi(given)))
  })

  test('is valid for the schema of OpenAPI', async () => {
    expect(await new Validator().validate({ ...(await toOpenApi(given)) })).toEqual({ valid: true })
  })

  test('is valid for redocly lint', async () => {
    expect(await lint(await toOpenApi(given), folder)).toEqual({ errors: 0, rules: [] })
  })
})

describe('what an API says of itself', () => {
  test('has defaults', async () => {
    expect(await toOpenApi(api({}))).toEqual({
      openapi: '3.1.0',
      info: { title: 'API', version: '0.0.0' },
      servers: [{ url: '/' }],
      security: [],
      tags: [],
      paths: {},
      components: {},
    })
  })

  test('servers can be given anew', async () => {
    const document = await toOpenApi(shop, { servers: ['http://127.0.0.1:8080'] })
    expect(document.servers).toEqual([{ url: 'http://127.0.0.1:8080' }])
  })

  test('hidden endpoints and QUERY, for which OpenAPI 3.1 has no place, are left out', async () => {
    const { paths } = await toOpenApi(shop)
    expect(paths['/secret']).toBeUndefined()
    expect(Object.keys(paths['/catalogue'] ?? {})).toEqual(['get'])
  })
})

describe('operations', () => {
  const plain = get('/', () => 1)

  test('are named after their keys, and read like them', async () => {
    const { paths } = await toOpenApi(
      api({ orders: { markPaid: get('/a', () => 1) }, health_check: get('/b', () => 1) }),
    )
    expect(paths['/a']?.get).toMatchObject({
      operationId: 'orders.markPaid',
      summary: 'Orders: mark paid',
      tags: ['orders'],
    })
    expect(paths['/b']?.get).toMatchObject({ operationId: 'health_check', summary: 'Health check' })
    expect(paths['/b']?.get?.tags).toBeUndefined()
  })

  test('cannot have one name between two', async () => {
    const twice = api({ 'a.b': plain, a: { b: get('/other', () => 1) } })
    await expect(toOpenApi(twice)).rejects.toThrow('two endpoints are called "a.b"')
  })

  test('of paths that differ in parameter names alone share one path, named by the first', async () => {
    const params = z.object({ order: z.uuid() })
    const { paths } = await toOpenApi(api({ a: get('/o/{id}', () => 1), b: group('/o', { put: mountPut(params) }) }))
    expect(Object.keys(paths)).toEqual(['/o/{id}'])
    expect(paths['/o/{id}']?.put?.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
    ])
  })

  test('of a mounted API keep its error format and lie under its prefix', async () => {
    const { paths } = await toOpenApi(api({ v1: mount('/v1', mixed) }))
    expect(Object.keys(paths)).toContain('/v1/people')
    expect(paths['/v1/people']?.get?.operationId).toBe('v1.people.list')
  })

  test('take descriptions of tags from the group of that name, not from one above', async () => {
    const inner = group('/inner', { x: plain })
    const { tags } = await toOpenApi(
      api({ outer: group('/outer', { description: 'Outer' }, { y: get('/y', () => 1), inner }) }),
    )
    expect(tags).toEqual([{ name: 'outer', description: 'Outer' }, { name: 'inner' }])
  })
})

function mountPut(params: z.ZodType) {
  return { ...get('/{order}', { params }, () => 1), method: 'PUT' as const }
}
