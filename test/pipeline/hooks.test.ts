import { type After, type Before, Conflict, type Middleware, api, depends, get, group, post, reply } from 'trestle'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { json, onEveryWire, outcome } from './wires.ts'

const places = { openapi: false, docs: false, redoc: false, reference: false } as const

const plus =
  (by: number): After =>
  (_, result) => ({ n: (result as { n: number }).n + by, secret: 1 })
const times =
  (by: number): After =>
  (_, result) => ({ n: (result as { n: number }).n * by })

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
  const before =
    (name: string): Before =>
    () =>
      void log.push(`before ${name}`)
  const after =
    (name: string): After =>
    () =>
      void log.push(`after ${name}`)
  const hooks = (name: string) => ({ middleware: [layer(name)], before: [before(name)], after: [after(name)] })
  return { log, layer, hooks }
}

onEveryWire('Hooks', (open) => {
  it('run like the layers of an onion: API, group, group, endpoint', async () => {
    const { log, hooks } = recorder()
    const outer = group('/outer', hooks('outer'), {
      inner: group('/inner', hooks('inner'), {
        read: get('/', hooks('endpoint'), () => {
          log.push('handle')
          return {}
        }),
      }),
    })
    const running = await open(api({ places, ...hooks('api') }, { outer }))
    expect((await running.fetch('/outer/inner')).status).toBe(200)
    expect(log).toEqual([
      'api in',
      'outer in',
      'inner in',
      'endpoint in',
      'before api',
      'before outer',
      'before inner',
      'before endpoint',
      'handle',
      'after endpoint',
      'after inner',
      'after outer',
      'after api',
      'endpoint out 200',
      'inner out 200',
      'outer out 200',
      'api out 200',
    ])
  })

  it('of one level run in the order in which they stand', async () => {
    const { log, layer } = recorder()
    const running = await open(api({ places, middleware: [layer('1'), layer('2')] }, { read: get('/', () => ({})) }))
    await running.fetch('/')
    expect(log).toEqual(['1 in', '2 in', '2 out 200', '1 out 200'])
  })

  it('before the handler see the input and the dependencies', async () => {
    const seen: unknown[] = []
    const user = depends({}, async () => 'me')
    const check: Before = (context) => {
      seen.push(
        context.params,
        context.query,
        context.body,
        (context as unknown as { user: string }).user,
        context.operation,
      )
    }
    const running = await open(
      api(
        { places },
        {
          create: post(
            '/{id}',
            {
              params: z.object({ id: z.int() }),
              query: z.object({ dry: z.boolean() }),
              body: z.object({ a: z.string() }),
              use: { user },
              before: [check],
            },
            () => ({}),
          ),
        },
      ),
    )
    expect((await running.fetch('/7?dry=1', json({ a: 'b' }))).status).toBe(200)
    expect(seen).toEqual([{ id: 7 }, { dry: true }, { a: 'b' }, 'me', 'create'])
    expect((await running.fetch('/x?dry=1', json({ a: 'b' }))).status).toBe(422)
    expect(seen).toHaveLength(5)
  })

  it('before the handler answer in its place by what they return, and by what they throw', async () => {
    let handled = 0
    const options = { returns: z.object({ by: z.string() }) }
    const handler = (): { by: string } => {
      handled++
      return { by: 'handler' }
    }
    const running = await open(
      api(
        { places },
        {
          returned: get(
            '/returned',
            { ...options, before: [() => ({ by: 'hook', secret: 1 }), () => ({ by: 'a later hook' })] },
            handler,
          ),
          stated: get(
            '/stated',
            { ...options, before: [async () => reply(200, { by: 'hook' }, { 'x-from': 'hook' })] },
            handler,
          ),
          thrown: get(
            '/thrown',
            {
              ...options,
              throws: [Conflict],
              before: [
                () => {
                  throw Conflict()
                },
              ],
            },
            handler,
          ),
          wrong: get('/wrong', { ...options, before: [() => ({ by: 7 })] }, handler),
          silent: get('/silent', { ...options, before: [() => undefined] }, handler),
        },
      ),
    )
    expect(await (await running.fetch('/returned')).json()).toEqual({ by: 'hook' })
    const stated = await running.fetch('/stated')
    expect([stated.headers.get('x-from'), await stated.json()]).toEqual(['hook', { by: 'hook' }])
    expect(await outcome(await running.fetch('/thrown'))).toEqual([409, 'conflict'])
    expect((await running.fetch('/wrong')).status).toBe(500)
    expect(handled).toBe(0)
    expect(await (await running.fetch('/silent')).json()).toEqual({ by: 'handler' })
  })

  it('after the handler replace its result, null included, undefined not, and their result is encoded', async () => {
    const running = await open(
      api(
        { places },
        {
          more: get(
            '/more',
            {
              returns: z.object({ n: z.int() }),
              after: [plus(1)],
            },
            () => ({ n: 1 }),
          ),
          both: group(
            '/both',
            { after: [times(10)] },
            {
              read: get('/', { after: [plus(1)] }, () => ({ n: 1 })),
            },
          ),
          none: get('/none', { returns: z.object({ n: z.int() }).nullable(), after: [() => null] }, () => ({ n: 1 })),
          kept: get('/kept', { returns: z.object({ n: z.int() }), after: [() => undefined] }, () => ({ n: 1 })),
          early: get('/early', { returns: z.object({ n: z.int() }).nullable(), before: [() => null] }, () => ({
            n: 1,
          })),
          wrong: get('/wrong', { returns: z.object({ n: z.int() }), after: [() => ({ n: 'x' })] }, () => ({ n: 1 })),
          thrown: get(
            '/thrown',
            {
              throws: [Conflict],
              after: [
                () => {
                  throw Conflict()
                },
              ],
            },
            () => ({ n: 1 }),
          ),
        },
      ),
    )
    expect(await (await running.fetch('/more')).json()).toEqual({ n: 2 })
    expect(await (await running.fetch('/both')).json()).toEqual({ n: 20 })
    expect(await (await running.fetch('/none')).json()).toBeNull()
    expect(await (await running.fetch('/kept')).json()).toEqual({ n: 1 })
    expect(await (await running.fetch('/early')).json()).toBeNull()
    expect((await running.fetch('/wrong')).status).toBe(500)
    expect((await running.fetch('/thrown')).status).toBe(409)
  })
})
