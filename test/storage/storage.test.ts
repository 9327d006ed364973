import { createHash, randomBytes } from 'node:crypto'
import { api, file, get, NotFound, ok } from 'trestle'
import type { Storage, StoredFile } from 'trestle/storage'
import { createTestClient } from 'trestle/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Opened, openInFolder, openInS3 } from './storages.ts'

const MB = 1_048_576

describe.each([
  ['a folder', openInFolder],
  ['S3', openInS3],
] as const)('in %s', (_, open) => {
  let opened: Opened
  let files: Storage

  beforeEach(async () => {
    opened = await open()
    files = opened.storage
  })
  afterEach(async () => {
    expect(opened.unfinished()).toBe(0)
    await opened.close()
  })

  const read = async (key: string): Promise<StoredFile> => {
    const found = await files.get(key)
    if (found === undefined) throw new Error(`nothing is under ${key}`)
    return found
  }

  test('what is put is there, with its type and size', async () => {
    const put = await files.put('covers/1.png', new Blob(['not a png'], { type: 'image/png' }))
    const found = await read('covers/1.png')
    for (const file of [put, found]) {
      expect([file.key, file.size, file.type, file.etag]).toEqual(['covers/1.png', 9, 'image/png', put.etag])
      expect(Math.abs(file.modified.getTime() - Date.now())).toBeLessThan(5000)
      expect(await file.text()).toBe('not a png')
    }
    expect(put.etag).toMatch(/^".+"$/)
  })

  test('text, bytes, Blobs, streams and stored files can be put', async () => {
    const stream = (): ReadableStream<Uint8Array> => new Blob(['str', 'eam']).stream()
    await files.put('text', 'größe')
    await files.put('bytes', Buffer.from('bytes'))
    await files.put('stream', stream(), { type: 'text/csv' })
    await files.put('nothing', '')
    await files.put('copy', await read('stream'))
    const all = await Promise.all(['text', 'bytes', 'stream', 'nothing', 'copy'].map(read))
    expect(await Promise.all(all.map((file) => file.text()))).toEqual(['größe', 'bytes', 'stream', '', 'stream'])
    expect(all.map(({ type }) => type)).toEqual([
      'text/plain; charset=utf-8',
      'application/octet-stream',
      'text/csv',
      'text/plain; charset=utf-8',
      'text/csv',
    ])
  })

  test.each([[5 * MB], [8 * MB - 1], [8 * MB], [8 * MB + 1], [20 * MB]])('of %i bytes', async (size) => {
    const bytes = randomBytes(size)
    let at = 0
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (at >= size) return controller.close()
        controller.enqueue(bytes.subarray(at, at + 1_000_003))
        at += 1_000_003
      },
    })
    expect((await files.put('large', stream)).size).toBe(size)
    const hash = createHash('sha256')
    for await (const piece of (await read('large')).stream()) hash.update(piece)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  test('a slice reads its bytes and no others', async () => {
    await files.put('digits', '0123456789')
    const found = await read('digits')
    const slice = async (from?: number, to?: number): Promise<string> => found.slice(from, to).text()
    expect(await slice(2, 5)).toBe('234')
    expect(await slice(7)).toBe('789')
    expect(await slice(-3)).toBe('789')
    expect(await slice(-3, -1)).toBe('78')
    expect(await slice(5, 2)).toBe('')
    expect(await slice(8, 100)).toBe('89')
    expect(await found.slice(2, 8).slice(1, 3).text()).toBe('34')
    expect(found.slice(2, 5).size).toBe(3)
  })

  test('what is put again takes the place of the other', async () => {
    await files.put('a', 'first', { type: 'text/html' })
    const first = await read('a')
    const second = await files.put('a', 'the second')
    expect(second.etag).not.toBe(first.etag)
    expect(await (await read('a')).text()).toBe('the second')
    // What was told of the first must not be said of the second.
    await expect(first.text()).rejects.toThrow('a was replaced after it was asked for: get() it again')
  })

  test('what is removed is gone, once or twice', async () => {
    await files.put('a/b', 'b')
    await files.remove('a/b')
    await files.remove('a/b')
    expect(await files.get('a/b')).toBeUndefined()
    expect(await files.get('a')).toBeUndefined()
    expect(await files.get('never/was')).toBeUndefined()
  })

  test('a source that fails changes nothing', async () => {
    await files.put('a', 'before')
    for (const size of [10, 12 * MB]) {
      let sent = 0
      const failing = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          if (sent >= size) return controller.error(new Error('the caller left'))
          sent += Math.min(size, MB)
          controller.enqueue(new Uint8Array(Math.min(size, MB)))
        },
      })
      await expect(files.put('a', failing)).rejects.toThrow('the caller left')
      expect(await (await read('a')).text()).toBe('before')
      expect(opened.unfinished()).toBe(0)
    }
  })

  test('a signal ends it, and the source is told', async () => {
    const leave = new AbortController()
    let cancelled: unknown
    const endless = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        controller.enqueue(new Uint8Array(100_000))
      },
      cancel: (reason) => {
        cancelled = reason
      },
    })
    setTimeout(() => leave.abort(new Error('no more')), 200)
    await expect(files.put('endless', endless, { signal: leave.signal })).rejects.toThrow('no more')
    expect(String(cancelled)).toContain('no more')
    expect(await files.get('endless')).toBeUndefined()
  })

  test.each([
    '',
    '/',
    '/etc/passwd',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../../b',
    'a/./b',
    'a\\..\\b',
    'a\0b',
    'a\nb',
    '.trestle/types/a',
    'a/.trestle-x',
    '\ud800',
    'a'.repeat(201),
    'a/'.repeat(512).concat('a'),
  ])('%j is no key', async (key) => {
    await expect(files.put(key, 'a')).rejects.toThrow(/cannot be a key/)
    await expect(files.get(key)).rejects.toThrow(/cannot be a key/)
    await expect(files.remove(key)).rejects.toThrow(/cannot be a key/)
  })

  test.each(['a b', 'grün', '100%', '%2e%2e', 'a+b', "a'b(c)*!", '..a', 'a?b=c&d', 'a#b', '~', '🍵', 'a:b@c,d;e=f$'])(
    '%j is a key',
    async (key) => {
      await files.put(`odd/${key}`, key)
      expect(await (await read(`odd/${key}`)).text()).toBe(key)
      await files.remove(`odd/${key}`)
      expect(await files.get(`odd/${key}`)).toBeUndefined()
    },
  )

  test('what is no media type is not kept', async () => {
    await expect(files.put('a', 'a', { type: 'text/html\r\nX: 1' })).rejects.toThrow(TypeError)
    expect(await files.get('a')).toBeUndefined()
  })

  test('a reply sends it', async () => {
    await files.put('covers/1.png', new Blob(['1234'], { type: 'image/png' }))
    const { dependency } = opened
    const app = api({
      read: get(
        '/covers/{name}',
        {
          returns: ok(file()),
          use: { files: dependency },
          throws: [NotFound],
          query: z.object({ from: z.int().optional() }),
        },
        async ({ params, files, query }) => {
          const found = await files.get(`covers/${params.name}`)
          if (found === undefined) throw NotFound()
          return found.slice(query.from, undefined, found.type)
        },
      ),
    })
    const { fetch, close } = await createTestClient(app)
    const reply = await fetch('/covers/1.png')
    expect([reply.status, reply.headers.get('content-type'), reply.headers.get('content-length')]).toEqual([
      200,
      'image/png',
      '4',
    ])
    expect(await reply.text()).toBe('1234')
    expect(await (await fetch('/covers/1.png?from=2')).text()).toBe('34')
    expect((await fetch('/covers/2.png')).status).toBe(404)
    await close()
  })
})
