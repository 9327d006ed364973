import { api, form, get, post } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { Random } from '../fuzz/random.ts'
import { type Chromium, createChromium } from './chromium.ts'

/** XML as a browser has it: what we write, it reads, and what it writes, we read. */

const Note = z.object({ text: z.string(), tags: z.array(z.string()), none: z.string().nullable() })
const PIECES = [
  'a',
  ' ',
  '\n',
  '\t',
  '<',
  '>',
  '&',
  '"',
  "'",
  ']]>',
  '<!--',
  '&lt;',
  'ü',
  '😀',
  '\ud800',
  '\0',
  '\ufffe',
]

const shop = api(
  { formats: ['json', 'xml'] },
  {
    note: get('/note/{seed}', { params: z.object({ seed: z.int() }), returns: Note }, ({ params }) =>
      noteOf(params.seed),
    ),
    keys: get('/keys', { returns: z.record(z.string(), z.int()) }, () => ({
      'a b': 1,
      'ü:<': 2,
      '1': 3,
      xml: 4,
      '😀': 5,
    })),
    echo: post('/echo', { body: [Note, form(Note)], returns: Note }, ({ body }) => body),
  },
)

function noteOf(seed: number): z.infer<typeof Note> {
  const random = new Random(seed)
  const text = () => Array.from({ length: random.int(0, 5) }, () => random.pick(PIECES)).join('')
  return { text: text(), tags: Array.from({ length: random.int(0, 3) }, text), none: null }
}

let server: Server
let browser: Chromium
beforeAll(async () => {
  server = await serve(shop, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
  browser = await createChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

test('what is written is read, whatever is in it', async () => {
  const { page } = await browser.open(`${server.url}/docs`)
  const read = await page.evaluate(async () => {
    const found: unknown[] = []
    for (let seed = 1; seed <= 200; seed++) {
      const text = await (await fetch(`/note/${seed}`, { headers: { accept: 'application/xml' } })).text()
      const root = new DOMParser().parseFromString(text, 'application/xml').documentElement
      const of = (name: string) => Array.from(root.getElementsByTagName(name), (one) => one.textContent)
      found.push({ text: of('text').join('|'), tags: of('tags'), errors: of('parsererror').length })
    }
    return found
  })
  // What no document can hold is marked.
  const marked = (text: string) => text.toWellFormed().replace(/[\0\ufffe]/g, '\ufffd')
  const expected = Array.from({ length: 200 }, (_, index) => {
    const { text, tags } = noteOf(index + 1)
    return { text: marked(text), tags: tags.map(marked), errors: 0 }
  })
  expect(read).toEqual(expected)
})

test('keys of all kinds are names', async () => {
  const { page } = await browser.open(`${server.url}/docs`)
  const names = await page.evaluate(async () => {
    const text = await (await fetch('/keys', { headers: { accept: 'application/xml' } })).text()
    const root = new DOMParser().parseFromString(text, 'application/xml').documentElement
    return Array.from(root.children, (one) => one.tagName)
  })
  expect(names).toEqual(['_x0031_', 'a_x0020_b', 'ü_x003A__x003C_', '_x0078_ml', '_x1F600_'])
})

test('what it writes is read, and its forms are', async () => {
  const { page } = await browser.open(`${server.url}/docs`)
  const sent = { text: ' <ü> & "😀"\n\t]]>', tags: ['', 'b'], none: null }
  const got = await page.evaluate(async ({ text, tags }) => {
    const document = window.document.implementation.createDocument('urn:note', 'n:note')
    const add = (name: string, value: string) => {
      const element = document.createElementNS('urn:note', `n:${name}`)
      element.textContent = value
      document.documentElement.append(element, document.createComment(' - '))
    }
    add('text', text)
    for (const tag of tags) add('tags', tag)
    const nothing = document.createElement('none')
    nothing.setAttributeNS('http://www.w3.org/2001/XMLSchema-instance', 'i:nil', 'true')
    document.documentElement.append(nothing)
    const headers = { 'content-type': 'application/xml', accept: 'application/json' }
    const body = new XMLSerializer().serializeToString(document)
    const asXml = await (await fetch('/echo', { method: 'POST', headers, body })).json()
    const fields = new URLSearchParams([['text', text], ...tags.map((tag) => ['tags', tag])])
    const asForm = await (
      await fetch('/echo', { method: 'POST', headers: { accept: 'application/json' }, body: fields })
    ).json()
    return [asXml, asForm]
  }, sent)
  expect(got).toEqual([sent, sent])
})
