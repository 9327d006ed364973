import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { api, multipart, post, upload } from 'trestle'
import { folder } from 'trestle/storage'
import { createTestClient } from 'trestle/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileField, formOf, ownTemporaryFolder, raw } from '../uploads/covers.ts'
import { openInFolder } from './storages.ts'

ownTemporaryFolder()
let opened: Awaited<ReturnType<typeof openInFolder>>

beforeEach(async () => {
  opened = await openInFolder()
})
afterEach(() => opened.close())

test('files lie under their keys as they are', async () => {
  await opened.storage.put('covers/2026/1.txt', 'hello')
  expect(readFileSync(path.join(opened.root, 'covers/2026/1.txt'), 'utf8')).toBe('hello')
  expect(readdirSync(opened.root).toSorted()).toEqual(['.trestle', 'covers'])
})

test('one that somebody else put there can be read; what its type is nobody knows', async () => {
  writeFileSync(path.join(opened.root, 'a.png'), 'a')
  const found = await opened.storage.get('a.png')
  expect([found?.type, await found?.text()]).toEqual(['application/octet-stream', 'a'])
})

test('a file cannot be where a folder is, nor a folder where a file is', async () => {
  await opened.storage.put('a/b', 'b')
  await expect(opened.storage.put('a', 'a')).rejects.toThrow('"a" cannot be stored: it is a folder')
  await expect(opened.storage.put('a/b/c', 'c')).rejects.toThrow('the beginning of it is a file')
  expect(await (await opened.storage.get('a/b'))?.text()).toBe('b')
  expect(opened.unfinished()).toBe(0)
})

test('what others may be writing is left alone at start', async () => {
  const writing = path.join(opened.root, '.trestle', 'writing')
  writeFileSync(path.join(writing, 'young'), '')
  await folder(opened.root).make({} as never)
  expect(readdirSync(writing)).toEqual(['young'])
})

test('an upload on the same disk is not copied; each may be changed without the other', async () => {
  const files = opened.dependency
  const app = api({
    keep: post('/', { body: multipart({ a: upload() }), use: { files } }, async ({ body, files }) => {
      const before = statSync(body.a.path as string).ino
      await files.put('first', body.a)
      await files.put('second', body.a)
      await files.put('first', body.a)
      await files.put('first', 'changed')
      return {
        isSame: statSync(path.join(opened.root, 'second')).ino === before,
        text: (await body.a.text()).slice(0, 3),
        path: body.a.path,
      }
    }),
  })
  const { fetch, close } = await createTestClient(app)
  const reply = await fetch('/', raw(formOf([[fileField('a', 'a.txt', 'text/plain'), 'abc'.repeat(50_000)]])))
  const told = (await reply.json()) as { isSame: boolean; text: string; path: string }
  expect(told).toMatchObject({ isSame: true, text: 'abc' })
  await expect.poll(() => existsSync(told.path)).toBe(false)
  expect((await opened.storage.get('second'))?.size).toBe(150_000)
  expect((await opened.storage.get('second'))?.type).toBe('text/plain')
  expect(await (await opened.storage.get('first'))?.text()).toBe('changed')
  expect(opened.unfinished()).toBe(0)
  await close()
})

test('a reader has the old file or the new one, never a part', async () => {
  const contents = ['a', 'b'].map((letter) => letter.repeat(300_000)) as [string, string]
  await opened.storage.put('a', contents[0])
  let isDone = false
  const writing = (async () => {
    for (let i = 0; i < 50; i++) await opened.storage.put('a', contents[i % 2] as string)
    isDone = true
  })()
  let read = 0
  while (!isDone) {
    const found = await opened.storage.get('a')
    // It may be replaced before it is opened; then it says so.
    const text = await found?.text().catch((error: Error) => error.message)
    expect([...contents, 'a was replaced after it was asked for: get() it again']).toContain(text)
    read++
  }
  await writing
  expect(read).toBeGreaterThan(10)
})

test('is made where it is not there, and in /readyz', async () => {
  const root = path.join(opened.root, 'not', 'yet')
  const files = folder(root, { name: 'covers' })
  const app = api({ keep: post('/', { use: { files } }, async ({ files }) => void (await files.put('a', 'a'))) })
  const { fetch, close } = await createTestClient(app)
  expect(await (await fetch('/readyz')).text()).toContain('covers')
  expect((await fetch('/', { method: 'POST' })).status).toBe(204)
  expect(existsSync(path.join(root, 'a'))).toBe(true)
  await close()
})
