import { type Middleware, api, get, noContent, post, reply } from 'trestle'
import { cookieSessions } from 'trestle/auth'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Chromium, createChromium } from './chromium.ts'

const { session, sessions } = cookieSessions({}, (id) => ({ id }), { principal: ({ id }) => id })

/** What browsers said with each request to buy, and what came of it. */
const asked: [site: string | undefined, hasCookie: boolean, status: number][] = []

const watched: Middleware = async (context, next) => {
  const given = await next(context)
  const { request } = context
  if (context.operation === 'buy') {
    asked.push([request.header('sec-fetch-site'), /__Host-session=/.test(request.header('cookie') ?? ''), given.status])
  }
  return given
}

const shop = api(
  { middleware: [watched] },
  {
    page: get('/page', () => 'a page'),
    login: post('/login', { use: { sessions }, returns: noContent() }, async ({ sessions }) =>
      reply(204, undefined, await sessions.begin('ada')),
    ),
    me: get('/me', { use: { session } }, ({ session }) => session.id),
    buy: post('/buy', { use: { session } }, ({ session }) => session.id),
  },
)
const other = api({ page: get('/page', () => 'a page of somebody else') })

let server: Server
let evil: Server
let browser: Chromium

beforeAll(async () => {
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false }
  server = await serve(shop, options)
  evil = await serve(other, options)
  browser = await createChromium()
})

afterAll(async () => {
  await browser?.close()
  await Promise.all([server?.stop(), evil?.stop()])
})

test('a browser is logged in by a cookie that its pages cannot read, and acts for no other page', async () => {
  const { page } = await browser.open(`${server.url}/page`)
  const send = (path: string) => page.evaluate(async (to) => (await fetch(to, { method: 'POST' })).status, path)
  expect(await send('/buy')).toBe(401)
  expect(await send('/login')).toBe(204)
  expect(await page.evaluate(() => document.cookie)).toBe('')
  expect(await page.evaluate(async () => (await fetch('/me')).json())).toBe('ada')
  expect(await send('/buy')).toBe(200)
  const cookies = await page.context().cookies()
  expect(cookies).toMatchObject([
    { name: '__Host-session', path: '/', httpOnly: true, secure: true, sameSite: 'Lax', domain: '127.0.0.1' },
  ])

  // Another port is another origin of the same site: it gets the cookie sent along, and nothing else.
  const { page: theirs } = await browser.open(`${evil.url}/page`)
  await theirs.evaluate(
    (to) => fetch(to, { method: 'POST', mode: 'no-cors', credentials: 'include' }),
    `${server.url}/buy`,
  )
  await theirs.evaluate((to) => {
    const form = Object.assign(document.createElement('form'), { method: 'POST', action: to })
    document.body.append(form)
    form.submit()
  }, `${server.url}/buy`)
  await theirs.waitForURL(`${server.url}/buy`)
  expect(await theirs.evaluate(() => document.body.innerText)).toContain('"code":"csrf"')
  expect(asked).toEqual([
    ['same-origin', false, 401],
    ['same-origin', true, 200],
    ['same-site', true, 403],
    ['same-site', true, 403],
  ])
}, 60_000)
