import { api, get } from 'trestle'
import { basic, createPasswords, passwords } from 'trestle/auth'
import { toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'

const hash = await (await createPasswords()).hash('pässword:1')

const admin = basic(
  { passwords },
  async ({ username, password }, { passwords }) => {
    const found = username === 'ädmin' ? { name: username, hash } : undefined
    return (await passwords.verify(found?.hash, password)) ? found : undefined
  },
  { realm: 'The "shop"', principal: ({ name }) => `admin:${name}` },
)
const app = api({ me: get('/', { use: { admin } }, ({ admin }) => admin.name) })
const challenge = 'Basic realm="The \\"shop\\"", charset="UTF-8"'
const encoded = (text: string): string => Buffer.from(text).toString('base64')

test.each([
  ['the right ones', `Basic ${encoded('ädmin:pässword:1')}`, 200],
  ['another case', `bASIC ${encoded('ädmin:pässword:1')}`, 200],
  ['nothing', undefined, 401],
  ['a wrong password', `Basic ${encoded('ädmin:password:1')}`, 401],
  ['nobody', `Basic ${encoded('nobody:pässword:1')}`, 401],
  ['another scheme', `Bearer ${encoded('ädmin:pässword:1')}`, 401],
  ['no colon', `Basic ${encoded('ädmin')}`, 400],
  ['no Base64', 'Basic ädmin', 400],
  ['nothing of it', 'Basic', 400],
  ['Base64 that is cut', `Basic ${encoded('ädmin:pässword:1').slice(0, -1)}`, 400],
  ['Latin-1', `Basic ${Buffer.from('ädmin:pässword:1', 'latin1').toString('base64')}`, 400],
  ['a control character', `Basic ${encoded('ädmin:pässword:1\0')}`, 400],
])('with %s', async (_, authorization, status) => {
  const { fetch, close } = await createTestClient(app)
  const reply = await fetch(
    '/',
    authorization === undefined ? {} : { headers: { authorization: latin(authorization) } },
  )
  expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([status, status === 200 ? null : challenge])
  await close()
})

/** As bytes of UTF-8 go through a header field. */
function latin(text: string): string {
  return Buffer.from(text).toString('latin1')
}

test('OpenAPI knows it', async () => {
  const { components } = await toOpenApi(app)
  expect(components?.securitySchemes).toEqual({ basic: { type: 'http', scheme: 'basic' } })
})
