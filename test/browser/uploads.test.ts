import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { api, get, multipart, ok, post, text, upload } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Chromium, createChromium } from './chromium.ts'

const FORM = `<!doctype html><meta charset="utf-8"><form action="/take" method="post" enctype="multipart/form-data">
<textarea name="title"></textarea><input type="file" name="cover"><input type="file" name="pages" multiple>
<button>send</button></form>`

const app = api({
  form: get('/form', { returns: ok(text('text/html')) }, () => FORM),
  take: post(
    '/take',
    {
      body: multipart({
        title: z.string(),
        cover: upload({ optional: true }),
        pages: upload({ many: 5, optional: true }),
      }),
    },
    ({ body: { title, cover, pages } }) => ({
      title,
      cover: cover && { name: cover.name, sentName: cover.sentName, type: cover.type, size: cover.size },
      pages: pages.map(({ name, type, size }) => ({ name, type, size })),
    }),
  ),
})

const ODD = 'größe "1"; \\%22.png'
let work: string
let server: Server
let chromium: Chromium

beforeAll(async () => {
  work = mkdtempSync(path.join(tmpdir(), 'trestle-browser-'))
  writeFileSync(path.join(work, ODD), Buffer.from('89504e470d0a1a0a', 'hex'))
  writeFileSync(path.join(work, 'large.bin'), Buffer.alloc(3_000_000))
  server = await serve(app, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
  chromium = await createChromium()
}, 60_000)
afterAll(async () => {
  await chromium?.close()
  await server?.stop()
  rmSync(work, { recursive: true, force: true })
})

test('the form of a page sends text, a file and several', async () => {
  const { page } = await chromium.open(`${server.url}/form`)
  await page.fill('textarea', 'two\nlines')
  await page.setInputFiles('input[name=cover]', path.join(work, ODD))
  await page.setInputFiles('input[name=pages]', [path.join(work, 'large.bin'), path.join(work, ODD)])
  await page.click('button')
  await page.waitForURL('**/take')
  expect(JSON.parse(await page.innerText('body'))).toEqual({
    title: 'two\r\nlines',
    // A name cannot say whether it has the quotes themselves or what browsers write for them (HTML).
    cover: { name: 'png', sentName: 'größe "1"; \\".png', type: 'image/png', size: 8 },
    pages: [
      { name: 'large.bin', type: 'application/octet-stream', size: 3_000_000 },
      { name: 'png', type: 'image/png', size: 8 },
    ],
  })
}, 60_000)

test('the form of a page where nothing is chosen sends nothing', async () => {
  const { page } = await chromium.open(`${server.url}/form`)
  await page.click('button')
  await page.waitForURL('**/take')
  expect(JSON.parse(await page.innerText('body'))).toEqual({ title: '', pages: [] })
}, 60_000)
