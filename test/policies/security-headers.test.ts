import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { api, bytes, get, reply } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { serve } from 'trestle/node'
import { securityHeaders } from 'trestle/policies'
import { describe, expect, it } from 'vitest'
import { onEveryWire } from '../pipeline/wires.ts'
import { issuePair } from '../wire/issue-certificate.ts'

const USUAL = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
const NAMES = [...Object.keys(USUAL), 'strict-transport-security', 'x-frame-options']

const shop = (...given: Parameters<typeof securityHeaders>) =>
  api(
    { middleware: [securityHeaders(...given)] },
    {
      hello: get('/hello', () => ({ hello: 'world' })),
      framed: get('/framed', { returns: bytes('text/html') }, () =>
        reply(200, new Uint8Array(), { 'Content-Security-Policy': "frame-ancestors 'self'" }),
      ),
      slow: get('/slow', { limits: { timeout: 20 } }, () => new Promise(() => {})),
      broken: get('/broken', () => {
        throw new Error('broken')
      }),
    },
  )

const fieldsOf = (given: Response): Record<string, string> =>
  Object.fromEntries([...given.headers].filter(([name]) => NAMES.includes(name)))

onEveryWire('security headers', (open) => {
  it('are on every reply, failures included', async () => {
    const running = await open(shop())
    for (const [path, status] of [
      ['/hello', 200],
      ['/broken', 500],
      ['/slow', 503],
      ['/nowhere', 404],
      ['/healthz', 200],
      ['/openapi.json', 200],
    ] as const) {
      const given = await running.fetch(path)
      expect([path, given.status, fieldsOf(given)]).toEqual([path, status, USUAL])
    }
  })

  it('leave alone what a handler has set, and the policy of the pages', async () => {
    const running = await open(shop())
    const framed = await running.fetch('/framed')
    expect(fieldsOf(framed)).toEqual({ ...USUAL, 'content-security-policy': "frame-ancestors 'self'" })
    const page = await running.fetch('/docs')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(page.headers.get('content-security-policy')).not.toContain(',')
  })

  it('are changed, left out and added to by name', async () => {
    const running = await open(
      shop({ 'X-Frame-Options': 'DENY', 'Cross-Origin-Resource-Policy': 'cross-origin', 'referrer-policy': false }),
    )
    const { 'referrer-policy': _, ...rest } = USUAL
    expect(fieldsOf(await running.fetch('/hello'))).toEqual({
      ...rest,
      'cross-origin-resource-policy': 'cross-origin',
      'x-frame-options': 'DENY',
    })
  })
})

describe('security headers', () => {
  it('say Strict-Transport-Security over https alone', async () => {
    const handle = await toFetch(shop())
    const over = async (scheme: string): Promise<string | null> =>
      (await handle(new Request(`${scheme}://api.test/hello`))).headers.get('strict-transport-security')
    expect(await over('https')).toBe('max-age=31536000')
    expect(await over('http')).toBe(null)
    await handle.close()
    const without = await toFetch(shop({ 'strict-transport-security': false }))
    expect((await without(new Request('https://api.test/hello'))).headers.has('strict-transport-security')).toBe(false)
    await without.close()
  })

  it.each([
    [{ 'x frame': 'DENY' }, 'securityHeaders: "x frame" is no name of a header field'],
    [{ 'x-own': 'a\r\nb: c' }, 'securityHeaders: "x-own" takes visible ASCII characters, or false to leave it out'],
    [{ 'x-own': '' }, 'securityHeaders: "x-own" takes visible ASCII characters, or false to leave it out'],
    [{ 'refferer-policy': false }, 'securityHeaders: "refferer-policy" is not sent anyway; there are x-content-type'],
    [{ 'Content-Length': '5' }, 'securityHeaders: "Content-Length" differs from reply to reply: leave it out'],
  ] as [Record<string, string | false>, string][])('%o is refused', (given, message) => {
    expect(() => securityHeaders(given)).toThrow(message)
  })
})

it('say Strict-Transport-Security over TLS, and where a proxy that is believed ends it', async () => {
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false } as const
  const secure = await serve(shop(), { ...options, tls: issuePair() })
  const overTls = await new Promise<IncomingMessage>((resolve, reject) => {
    const target = { port: secure.port, host: '127.0.0.1', path: '/hello', rejectUnauthorized: false }
    request(target, resolve).on('error', reject).end()
  })
  overTls.resume()
  expect(overTls.headers['strict-transport-security']).toBe('max-age=31536000')
  await secure.stop()

  const forwarded = { headers: { 'x-forwarded-proto': 'https' } }
  for (const [trust, expected] of [
    [['loopback'], 'max-age=31536000'],
    [[], null],
  ] as const) {
    const behind = await serve(shop(), { ...options, proxy: { trust } })
    const reply = await fetch(`${behind.url}/hello`, forwarded)
    expect(reply.headers.get('strict-transport-security')).toBe(expected)
    await behind.stop()
  }
})
