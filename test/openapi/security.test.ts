import { type Dependency, Unauthorized, api, depends, get, group, versions } from 'trestle'
import { type Claims, type Scheme, anyOf, jwt, secretKey } from 'trestle/auth'
import { type SecurityRequirement, toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'

const bearer = { type: 'http', scheme: 'bearer' }
const apiKey = { type: 'apiKey', in: 'header', name: 'X-Key' }
const secured = (name: string, scheme: object, more: { scopes?: string[]; optional?: boolean } = {}) =>
  depends({}, () => 1, { security: { name, scheme: scheme as Record<string, unknown>, ...more } })

async function securityOf(use: Record<string, Dependency>): Promise<SecurityRequirement[] | undefined> {
  return (await toOpenApi(api({ it: get('/', { use }, () => 1) }))).paths['/']?.get?.security
}

test('an endpoint without a security dependency says nothing, and the document that this means none', async () => {
  const document = await toOpenApi(api({ it: get('/', () => 1) }))
  expect(document.security).toEqual([])
  expect(document.paths['/']?.get).not.toHaveProperty('security')
})

test('a security dependency below others shows, with its scheme and scopes', async () => {
  const token = depends({}, () => 1, {
    throws: [Unauthorized],
    security: { name: 'b', scheme: bearer, scopes: ['read'] },
  })
  const user = depends({ token }, () => 1)
  const { paths, components } = await toOpenApi(api({ it: get('/', { use: { user } }, () => 1) }))
  expect(paths['/']?.get?.security).toEqual([{ b: ['read'] }])
  expect(paths['/']?.get?.responses).toHaveProperty('401')
  expect(components.securitySchemes).toEqual({ b: bearer })
})

test('several are needed at once; scopes of one scheme add up', async () => {
  const use = {
    a: secured('b', bearer, { scopes: ['x'] }),
    c: secured('b', bearer, { scopes: ['y', 'x'] }),
    d: secured('k', apiKey),
  }
  expect(await securityOf(use)).toEqual([{ b: ['x', 'y'], k: [] }])
})

test('an optional one may be left out', async () => {
  expect(await securityOf({ a: secured('b', bearer, { optional: true }) })).toEqual([{}, { b: [] }])
  const use = { a: secured('b', bearer, { optional: true }), k: secured('k', apiKey) }
  expect(await securityOf(use)).toEqual([{ k: [] }, { k: [], b: [] }])
})

test('one that is needed somewhere is needed, though it be optional elsewhere', async () => {
  const use = { a: secured('b', bearer, { optional: true, scopes: ['x'] }), b: secured('b', bearer) }
  expect(await securityOf(use)).toEqual([{ b: ['x'] }])
})

test('of two issuers each has its own scopes', async () => {
  const keys = secretKey('a secret of 32 characters or more', 'HS256')
  const [a, b] = ['a', 'b'].map((issuer) => jwt({ issuer, audience: 'shop', keys })) as [Scheme<Claims>, Scheme<Claims>]
  expect(await securityOf({ any: anyOf({ a: a.scopes('x'), b: b.scopes('y') }) })).toEqual([
    { bearer: ['x'] },
    { bearer: ['y'] },
  ])
  expect(await securityOf({ any: anyOf({ a: a.scopes('x'), b }).scopes('z') })).toEqual([
    { bearer: ['x', 'z'] },
    { bearer: ['z'] },
  ])
  expect(await securityOf({ any: anyOf({ a, b }) })).toEqual([{ bearer: [] }])
})

test('two different schemes of one name keep an API from starting, if its callers see both', async () => {
  const one = get('/a', { use: { one: secured('same', bearer) } }, () => 1)
  const other = get('/b', { use: { other: secured('same', apiKey) } }, () => 1)
  await expect(
    createTestClient(api({ one, other, again: get('/c', { use: other.spec.use }, () => 1) })),
  ).rejects.toThrow(
    /one fault[\s\S]*GET \/b \(other\)\n {4}security: "same" is another security scheme than that of one/,
  )
  for (const members of [
    versions({ v1: { one }, v2: { other } }, { default: 'v1' }),
    { one, other: group('/inner', { hidden: true }, { other }) },
    { one, same: get('/c', { use: { same: secured('same', { scheme: 'bearer', type: 'http' }) } }, () => 1) },
  ]) {
    await (await createTestClient(api(members))).close()
  }
})

test('two different schemes of one name are an error', async () => {
  await expect(securityOf({ a: secured('same', bearer), b: secured('same', apiKey) })).rejects.toThrow(
    'two different security schemes are named "same", one of them used by it',
  )
})
