import { setTimeout as sleep } from 'node:timers/promises'
import zlib from 'node:zlib'
import { api, get, group, reply, text } from 'trestle'
import { cached, compression, etag } from 'trestle/policies'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire } from '../pipeline/wires.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const Tea = z.object({ id: z.int(), name: z.string() }).meta({ id: 'Tea' })
const teas = Array.from({ length: 200 }, (_, index) => ({ id: index + 1, name: `tea ${index + 1}` }))
const returns = z.array(Tea)

function shop(policies = [compression()]) {
  let made = 0
  return api(
    { title: 'Shop', browse: true, policies, admin: { resources: ['teas'], security: 'public' } },
    {
      teas: group('/teas', {
        list: get('/', { returns, policies: [etag()] }, () => teas),
        plain: get('/plain', { returns, policies: [compression(false)] }, () => teas),
        asis: get('/asis', { returns }, () => reply(200, teas, { 'cache-control': 'max-age=5, no-transform' })),
        text: get('/text', { returns: text(), policies: [etag()] }, () => 'all that glitters '.repeat(200)),
        kept: get(
          '/kept',
          {
            returns,
            formats: ['json', 'xml'],
            policies: [cached({ for: 0.05, stale: 60, vary: ['accept-encoding'] })],
          },
          async ({ request }) => {
            await sleep(made === 0 ? 0 : 60)
            return [{ id: ++made, name: String(request.header('accept-encoding')) }]
          },
        ),
      }),
    },
  )
}

/** What is on the wire, as far as `fetch` of either wire lets one see it. */
async function unpacked(given: Response): Promise<string> {
  const bytes = new Uint8Array(await given.arrayBuffer())
  // Over a socket fetch unpacks, in memory nobody does.
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b
  return new TextDecoder().decode(isPacked ? zlib.gunzipSync(bytes) : bytes)
}

onEveryWire('A page', (open) => {
  const opened = async (policies?: Parameters<typeof shop>[0]) => {
    const { fetch, failures } = await open(shop(policies))
    const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(path, { headers: { accept: BROWSER, 'accept-encoding': 'gzip', ...headers } })
    return { ask, failures }
  }

  it.each([
    ['/teas', BROWSER],
    ['/teas', 'text/html;view=admin'],
    ['/browse/assets/any/browse.css', '*/*'],
    ['/openapi.json', '*/*'],
    ['/openapi.json', BROWSER],
  ])('is packed as the reply that it shows, and so is what is beside it: %s, %s', async (path, accept) => {
    const { ask, failures } = await opened()
    const packed = await ask(path, { accept })
    expect([packed.status, packed.headers.get('content-encoding')]).toEqual([200, 'gzip'])
    const plain = await ask(path, { accept, 'accept-encoding': 'identity' })
    expect([plain.status, plain.headers.get('content-encoding')]).toEqual([200, null])
    expect(await unpacked(packed)).toBe(await plain.text())
    for (const one of [packed, plain]) expect(one.headers.get('vary')).toBe('Accept-Encoding, Accept')
    const head = await ask(path, { accept, 'accept-encoding': 'br;q=0.5, gzip' })
    expect(head.headers.get('content-encoding')).toBe('gzip')
    expect(failures).toEqual([])
  })

  it('is plain where its endpoint says so, or the reply does, or nothing packs', async () => {
    const { ask } = await opened()
    for (const path of ['/teas/plain', '/teas/asis']) {
      const given = await ask(path)
      expect([given.status, given.headers.get('content-encoding')]).toEqual([200, null])
      expect(await given.text()).toContain('tea 200')
    }
    const without = await (await opened([])).ask('/teas')
    expect([without.headers.get('content-encoding'), without.headers.get('vary')]).toEqual([null, 'Accept'])
  })

  it('is none of what is no JSON, which is packed once, with its tag', async () => {
    const { ask } = await opened()
    const given = await ask('/teas/text')
    expect(given.headers.get('content-encoding')).toBe('gzip')
    expect(await unpacked(given)).toBe('all that glitters '.repeat(200))
    const tag = given.headers.get('etag') ?? ''
    expect(tag).toMatch(/--gzip"$/)
    const same = await ask('/teas/text', { 'if-none-match': tag })
    expect([same.status, same.headers.get('etag')]).toEqual([304, tag])
  })

  it('does not change how what is behind it is made anew', async () => {
    const { ask } = await opened()
    const json = { accept: '*/*', 'accept-encoding': 'identity' }
    expect(await (await ask('/teas/kept', json)).json()).toEqual([{ id: 1, name: 'identity' }])
    await sleep(80)
    // The browser gets what is stale, and what it asked for is made anew: as JSON, and plain.
    expect(await unpacked(await ask('/teas/kept'))).toContain('<td')
    let given = ''
    const next = async (): Promise<string> => {
      given = await (await ask('/teas/kept', json)).text()
      return given
    }
    await expect.poll(next).not.toContain('"id":1,')
    expect(given).toBe('[{"id":2,"name":"identity"}]')
  })
})
