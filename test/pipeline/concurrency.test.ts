import { type After, type Middleware, api, depends, get, post } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { json } from './wires.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('10,000 requests at once keep their contexts apart', async () => {
  const shared = depends(
    {},
    async () => {
      await turn()
      return 'shared'
    },
    { scope: 'app' },
  )
  const tagged = depends({ shared }, async function* ({ request, shared }) {
    const tag = request.header('x-tag')
    await turn()
    yield `${shared} ${tag}`
    ended.add(tag as string)
  })
  const ended = new Set<string>()
  const layer: Middleware = async (x, next) => {
    const tag = x.request.header('x-tag') as string
    await turn()
    const answer = await next(x)
    return answer.set('x-tag', tag)
  }
  const readId: After = async ({ params }, result) => {
    await turn()
    return { ...(result as object), id: (params as { id: number }).id }
  }
  const options = {
    places: { openapi: false, docs: false, redoc: false, reference: false },
    middleware: [layer],
  } as const
  const handle = await toFetch(
    api(options, {
      echo: post(
        '/echo/{id}',
        {
          params: z.object({ id: z.int() }),
          query: z.object({ tag: z.string() }),
          cookies: z.object({ tag: z.string() }),
          body: z.object({ tag: z.string() }),
          use: { tagged },
          returns: z.object({ id: z.int(), all: z.array(z.string()) }),
          after: [readId],
        },
        async (context) => {
          await turn()
          const { params, query, cookies, body, tagged, request } = context
          if (params.id % 7 === 0) throw new Error(query.tag)
          await turn()
          return { id: 0, all: [query.tag, cookies.tag, body.tag, tagged, request.header('x-tag') as string] }
        },
      ),
      fast: get('/fast/{id}', ({ params }) => params),
    }),
    { report: (error) => failures.push((error as Error).message) },
  )
  const failures: string[] = []
  const one = async (id: number): Promise<void> => {
    const tag = `t${id}`
    const request = new Request(`http://a/echo/${id}?tag=${tag}`, json({ tag }))
    request.headers.set('x-tag', tag)
    request.headers.set('cookie', `tag=${tag}`)
    const answer = await handle(request)
    expect(answer.headers.get('x-tag')).toBe(tag)
    if (id % 7 === 0) expect(answer.status).toBe(500)
    else expect(await answer.json()).toEqual({ id, all: [tag, tag, tag, `shared ${tag}`, tag] })
    expect(await (await handle(new Request(`http://a/fast/${tag}`))).json()).toEqual({ id: tag })
  }
  await Promise.all(Array.from({ length: 10_000 }, (_, id) => one(id)))
  await handle.close()
  expect(ended.size).toBe(10_000)
  expect(failures.toSorted()).toEqual(Array.from({ length: Math.ceil(10_000 / 7) }, (_, i) => `t${i * 7}`).toSorted())
})
