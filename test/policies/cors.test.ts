import { Forbidden, Unauthorized, api, depends, get, options, post } from 'trestle'
import { type CorsOptions, cors } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it } from 'vitest'
import { onEveryWire } from '../pipeline/wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const
const APP = 'https://app.example'

const user = depends(
  {},
  ({ request }) => {
    if (request.header('authorization') === undefined) throw Unauthorized()
    return 'ann'
  },
  { throws: [Unauthorized], security: { name: 'token', scheme: { type: 'http', scheme: 'bearer' } } },
)

const shop = (given: CorsOptions) =>
  api(
    { ...quiet, middleware: [cors(given)] },
    {
      list: get('/orders', () => []),
      create: post('/orders', { use: { user } }, () => 1),
      varied: get('/varied', ({ background }) => {
        background(() => {})
        return 1
      }),
      forbidden: get('/forbidden', { throws: [Forbidden] }, () => {
        throw Forbidden()
      }),
      own: options('/own', { use: { user } }, () => 'mine'),
    },
  )

const corsOf = (reply: Response): Record<string, string> =>
  Object.fromEntries([...reply.headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'))

const preflight = (origin: string, method = 'POST', headers?: string): RequestInit => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': method,
    ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
  },
})

onEveryWire('CORS', (open) => {
  it('lets an origin read what it may, failures included, and no other', async () => {
    const running = await open(shop({ origins: [APP, 'https://other.example'], credentials: true, expose: ['Link'] }))
    const allowed = {
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Link',
      vary: 'Origin',
    }
    for (const [path, status] of [
      ['/orders', 200],
      ['/forbidden', 403],
      ['/nowhere', 404],
    ] as const) {
      const reply = await running.fetch(path, { headers: { origin: APP } })
      expect([reply.status, corsOf(reply)]).toEqual([status, allowed])
    }
    for (const origin of [
      'https://evil.example',
      'null',
      `${APP}.evil.example`,
      APP.toUpperCase(),
      `${APP}/`,
      'http://app.example',
    ]) {
      expect(corsOf(await running.fetch('/orders', { headers: { origin } }))).toEqual({ vary: 'Origin' })
    }
    expect(corsOf(await running.fetch('/orders'))).toEqual({ vary: 'Origin' })
  })

  it('answers what browsers ask beforehand, before security', async () => {
    const running = await open(shop({ origins: APP }))
    const reply = await running.fetch('/orders', preflight(APP, 'POST', 'authorization,content-type'))
    expect([reply.status, await reply.text()]).toEqual([204, ''])
    expect(corsOf(reply)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, POST, HEAD, OPTIONS',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Headers',
    })
    const own = await running.fetch('/own', preflight(APP, 'OPTIONS'))
    expect([own.status, corsOf(own)['access-control-allow-methods']]).toEqual([204, 'OPTIONS'])
    const other = await running.fetch('/orders', preflight('https://evil.example'))
    expect([other.status, corsOf(other)]).toEqual([204, { vary: 'Origin, Access-Control-Request-Headers' }])
    expect((await running.fetch('/nowhere', preflight(APP))).status).toBe(404)
  })
})

describe('CORS', () => {
  it('says no field back that is none', async () => {
    const test = await createTestClient(shop({ origins: APP }))
    for (const asked of ['a b', 'x'.repeat(3000), 'a;b', ',']) {
      expect(corsOf(await test.fetch('/orders', preflight(APP, 'POST', asked)))['access-control-allow-headers']).toBe(
        undefined,
      )
    }
    await test.close()
  })

  it('takes all origins, without credentials, or those that a function takes', async () => {
    const all = await createTestClient(shop({ origins: '*', headers: ['X-Own'], maxAge: 0 }))
    expect(corsOf(await all.fetch('/orders', { headers: { origin: 'https://any.example' } }))).toEqual({
      'access-control-allow-origin': '*',
      vary: 'Origin',
    })
    const asked = corsOf(await all.fetch('/orders', preflight(APP, 'POST', 'x-other')))
    expect([asked['access-control-allow-headers'], asked['access-control-max-age']]).toEqual(['X-Own', '0'])
    await all.close()
    const some = await createTestClient(shop({ origins: (origin) => origin.endsWith('.app.example') }))
    const origins = ['https://a.app.example', 'https://app.example', 'null']
    const given = []
    for (const origin of origins)
      given.push(corsOf(await some.fetch('/orders', { headers: { origin } }))['access-control-allow-origin'])
    expect(given).toEqual(['https://a.app.example', undefined, undefined])
    await some.close()
  })

  it.each([
    [
      { origins: '*', credentials: true },
      'cors: origins "*" with credentials lets any page act as its reader: list the origins',
    ],
    [{ origins: 'app.example' }, 'cors: "app.example" is no origin: write it like "https://app.example"'],
    [{ origins: `${APP}/` }, `cors: "${APP}/" is no origin: write "${APP}"`],
    [{ origins: ['https://APP.example'] }, 'cors: "https://APP.example" is no origin: write "https://app.example"'],
    [{ origins: 'null' }, 'cors: "null" is no origin: write it like "https://app.example"'],
    [{ origins: [] }, 'cors: origins is empty: list those that may read replies'],
    [{ origins: APP, maxAge: -1 }, 'cors: maxAge is whole seconds, not -1'],
  ] as [CorsOptions, string][])('%o is refused', (given, message) => {
    expect(() => cors(given)).toThrow(message)
  })
})
