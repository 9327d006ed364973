import { Conflict, type Middleware, api, get, group, post, reply, stream } from 'trestle'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire, outcome } from './wires.ts'

const places = { openapi: false, docs: false, redoc: false, reference: false } as const

function recorder() {
  const log: string[] = []
  const layer =
    (name: string): Middleware =>
    async (x, next) => {
      log.push(`${name} in`)
      const answer = await next(x)
      log.push(`${name} out ${answer.status}`)
      return answer
    }
  return { log, layer }
}

onEveryWire('Middleware', (open) => {
  it('of an API runs where nothing matches; that of a group does not', async () => {
    const { log, layer } = recorder()
    const own = group('/own', { middleware: [layer('group')] }, { read: get('/', () => ({})) })
    const running = await open(api({ places, middleware: [layer('api')] }, { own }))
    for (const [path, method, status] of [
      ['/no', 'GET', 404],
      ['/own', 'PUT', 405],
      ['/own', 'OPTIONS', 204],
      ['/own/%ff', 'GET', 400],
    ] as const) {
      log.length = 0
      const answer = await running.fetch(path, { method })
      expect([path, method, answer.status]).toEqual([path, method, status])
      expect(log).toEqual(['api in', `api out ${status}`])
    }
  })

  it('sees the operation, or that there is none', async () => {
    const seen: unknown[] = []
    const running = await open(
      api(
        {
          places,
          middleware: [
            (x, next) => {
              seen.push(x.operation, x.request.method, x.request.path)
              return next(x)
            },
          ],
        },
        { a: { b: get('/b', () => ({})) } },
      ),
    )
    await running.fetch('/b?c=1')
    await running.fetch('/no')
    expect(seen).toEqual(['a.b', 'GET', '/b', undefined, 'GET', '/no'])
  })

  it('gets failures as replies', async () => {
    const seen: number[] = []
    const running = await open(
      api(
        {
          places,
          middleware: [
            async (x, next) => {
              const answer = await next(x)
              seen.push(answer.status)
              return answer
            },
          ],
        },
        {
          broken: get('/broken', () => {
            throw new Error('x')
          }),
          checked: get('/checked/{id}', { params: z.object({ id: z.int() }) }, () => ({})),
        },
      ),
    )
    await running.fetch('/broken')
    await running.fetch('/checked/x')
    expect(seen).toEqual([500, 422])
  })

  it('changes header fields, status and body', async () => {
    const running = await open(
      api(
        {
          places,
          middleware: [
            async (x, next) => {
              const answer = await next(x)
              answer
                .set('X-One', '1')
                .append('x-one', '2')
                .append('set-cookie', 'a=1')
                .append('set-cookie', 'b=2')
                .remove('CONTENT-TYPE')
              expect(answer.header('x-ONE')).toBe('1, 2')
              answer.status = 203
              answer.body = 'changed'
              return answer
            },
          ],
        },
        { read: get('/', () => ({})) },
      ),
    )
    const answer = await running.fetch('/')
    expect(answer.status).toBe(203)
    expect(answer.headers.get('x-one')).toBe('1, 2')
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await answer.text()).toBe('changed')
    expect(answer.headers.get('content-length')).toBe('7')
  })

  it('answers itself, without what is inside', async () => {
    let handled = false
    const handler = (): void => {
      handled = true
    }
    const running = await open(
      api(
        { places },
        {
          json: get('/json', { middleware: [() => reply(202, { by: 'layer' }, { 'x-by': 'layer' })] }, handler),
          text: get('/text', { middleware: [() => reply(200, 'plain')] }, handler),
          none: get('/none', { middleware: [() => reply(204)] }, handler),
          problem: get(
            '/problem',
            {
              throws: [Conflict],
              middleware: [
                () => {
                  throw Conflict()
                },
              ],
            },
            handler,
          ),
        },
      ),
    )
    const answer = await running.fetch('/json')
    expect([answer.status, answer.headers.get('x-by'), await answer.json()]).toEqual([202, 'layer', { by: 'layer' }])
    expect(await (await running.fetch('/text')).text()).toBe('plain')
    expect((await running.fetch('/none')).status).toBe(204)
    expect(await outcome(await running.fetch('/problem'))).toEqual([409, 'conflict'])
    expect(handled).toBe(false)
  })

  it.each([
    [
      'throws an error',
      () => {
        throw new Error('hunter2')
      },
    ],
    [
      'throws text',
      () => {
        throw 'hunter2'
      },
    ],
    ['returns nothing', () => undefined],
    ['returns text', () => 'hunter2'],
    ['returns a Response', () => new Response('hunter2')],
    ['hands another context to next', (_: unknown, next: (x: never) => unknown) => next({} as never)],
    ['states a status that is none', () => reply(42, {})],
    [
      'sets a status that is none',
      async (x: never, next: (x: never) => Promise<{ status: number }>) =>
        Object.assign(await next(x), { status: 1000 }),
    ],
    ['states a body that JSON cannot carry', () => reply(200, { n: 1n })],
    [
      'gives a body that no wire can send',
      async (x: never, next: (x: never) => Promise<{ body: unknown }>) => Object.assign(await next(x), { body: 7 }),
    ],
  ])('that %s is a 500 that says nothing', async (_, layer) => {
    const running = await open(
      api(
        { places },
        { read: get('/', { middleware: [layer as Middleware] }, () => ({})), fine: get('/fine', () => ({})) },
      ),
    )
    const answer = await running.fetch('/')
    const body = await answer.text()
    expect(answer.status).toBe(500)
    expect(body).not.toContain('hunter2')
    expect(JSON.parse(body).code).toBe('internal_error')
    expect(running.failures).toHaveLength(1)
    expect((await running.fetch('/fine')).status).toBe(200)
  })

  it('that fails outside recovers nothing of what is inside: the layer around it sees the 500', async () => {
    const seen: number[] = []
    const around: Middleware = async (x, next) => {
      const answer = await next(x)
      seen.push(answer.status)
      return answer.set('x-around', 'yes')
    }
    const failing: Middleware = async (x, next) => {
      await next(x)
      throw new Error('late')
    }
    const running = await open(api({ places, middleware: [around, failing] }, { read: get('/', () => ({})) }))
    const answer = await running.fetch('/')
    expect([answer.status, answer.headers.get('x-around'), seen]).toEqual([500, 'yes', [500]])
  })

  it('sees a stream before it is sent, and runs background work', async () => {
    const log: string[] = []
    const layer: Middleware = async (x, next) => {
      x.background(() => void log.push('background'))
      const answer = await next(x)
      log.push(typeof answer.body)
      return answer
    }
    const running = await open(
      api(
        { places, middleware: [layer] },
        {
          read: get('/', { returns: stream('text/plain') }, function* () {
            log.push('begun')
            yield 'a'
          }),
        },
      ),
    )
    expect(await (await running.fetch('/')).text()).toBe('a')
    await running.close()
    expect(log).toEqual(['object', 'begun', 'background'])
  })

  it('that calls next twice is told so, for the body is read by then', async () => {
    const again: Middleware = async (x, next) => {
      await next(x)
      return next(x)
    }
    const once: Middleware = (x, next) => next(x)
    const running = await open(
      api(
        { places, limits: { timeout: 1000 }, middleware: [once] },
        { make: post('/', { body: z.object({}), middleware: [again, once] }, () => ({})) },
      ),
    )
    const answer = await running.fetch('/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(answer.status).toBe(500)
    expect(String(running.failures[0]?.error)).toContain('next(context) was called twice')
  })

  it.each([204, 205, 304])('that makes a %i of a reply with a body sends none', async (status) => {
    const change: Middleware = async (x, next) => Object.assign(await next(x), { status })
    const running = await open(
      api(
        { places, middleware: [change] },
        { text: get('/text', () => 'text'), stream: get('/stream', { returns: stream() }, () => ['piece']) },
      ),
    )
    for (const path of ['/text', '/stream']) {
      const answer = await running.fetch(path)
      expect([answer.status, await answer.text()]).toEqual([status, ''])
    }
    expect(running.failures).toEqual([])
  })
})
