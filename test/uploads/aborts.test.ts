import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { api, multipart, post, upload } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { type Server, serve } from 'trestle/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'
import { fileField, ownTemporaryFolder } from './covers.ts'

const folder = ownTemporaryFolder()
const HEAD = `--b\r\n${fileField('file', 'a.bin')}\r\n\r\n`

/** An endpoint whose handler is never called in these tests, and one that works with its file for long. */
function uploads(seen: { path?: string | undefined; reason?: unknown }) {
  return api(
    { limits: { timeout: 1000 } },
    {
      take: post('/take', { body: multipart({ file: upload({ most: 1e9 }) }) }, ({ body }) => ({
        size: body.file.size,
      })),
      slow: post('/slow', { body: multipart({ file: upload({ most: 1e9 }) }) }, async ({ body, signal }) => {
        seen.path = body.file.path
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        seen.reason = signal.reason
        // Still there: the handler has not ended.
        return { size: (await body.file.bytes()).length }
      }),
      fails: post('/fails', { body: multipart({ file: upload({ most: 1e9 }) }) }, () => {
        throw new Error('the handler fails')
      }),
    },
  )
}

describe.each(['trestle', 'node'] as const)('on the engine "%s"', (engine) => {
  let server: Server
  let told: unknown[]
  let seen: { path?: string | undefined; reason?: unknown }

  beforeEach(async () => {
    told = []
    seen = {}
    server = await serve(uploads(seen), {
      port: 0,
      host: '127.0.0.1',
      quiet: true,
      signals: false,
      deadline: 500,
      engine,
      limits: { bodyTimeout: 1000, bodyRate: 1_000_000 },
      report: (error) => told.push(error),
    })
  })
  afterEach(async () => {
    await server.stop()
    expect(folder.left()).toEqual([])
  })

  async function begin(target: string, length: number): Promise<Connection> {
    const connection = await Connection.open(server.port)
    const fields = `Host: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${length}`
    connection.write(`POST ${target} HTTP/1.1\r\n${fields}\r\n\r\n${HEAD}`)
    return connection
  }

  test('a caller who leaves mid-file leaves no file', async () => {
    const connection = await begin('/take', 500_000_000)
    connection.write(Buffer.alloc(1_000_000))
    await expect.poll(() => folder.left().length).toBe(1)
    connection.end()
    await expect.poll(() => folder.left()).toEqual([])
    expect(told).toEqual([])
  })

  test('a caller who stops mid-file is 408, and leaves no file', async () => {
    const connection = await begin('/take', 500_000_000)
    connection.write(Buffer.alloc(200_000))
    await expect.poll(() => folder.left().length).toBe(1)
    expect((await connection.reply('POST'))?.status).toBe(408)
    await expect.poll(() => folder.left()).toEqual([])
    connection.end()
  })

  test('a caller who sends an octet at a time is 408 as well, and is no failure of the server', async () => {
    const connection = await begin('/take', 500_000_000)
    connection.write(Buffer.alloc(200_000))
    for (let sent = 0; sent < 40 && connection.rest === ''; sent++) {
      connection.write('x')
      await sleep(100)
    }
    expect((await connection.reply('POST'))?.status).toBe(408)
    await expect.poll(() => folder.left()).toEqual([])
    expect(told).toEqual([])
    connection.end()
  })

  test('who declares too much is 413 before anything is read', async () => {
    const connection = await begin('/take', 2_000_000_000)
    expect((await connection.reply('POST'))?.status).toBe(413)
    expect(folder.left()).toEqual([])
    connection.end()
  })

  const whole = Buffer.concat([Buffer.from(HEAD), Buffer.alloc(200_000), Buffer.from('\r\n--b--\r\n')])

  test('the file is there until the handler ends, though its time is up', async () => {
    const connection = await begin('/slow', whole.length)
    connection.write(whole.subarray(HEAD.length))
    expect((await connection.reply('POST'))?.status).toBe(503)
    expect(existsSync(seen.path as string) || seen.reason !== undefined).toBe(true)
    await expect.poll(() => folder.left()).toEqual([])
    expect(String(seen.reason)).toContain('handler_timeout')
    connection.end()
  })

  test('a handler that fails leaves no file', async () => {
    const connection = await begin('/fails', whole.length)
    connection.write(whole.subarray(HEAD.length))
    expect((await connection.reply('POST'))?.status).toBe(500)
    await expect.poll(() => folder.left()).toEqual([])
    expect(told).toHaveLength(1)
    connection.end()
  })

  test('twenty callers who leave at twenty places leave nothing', async () => {
    for (let i = 1; i <= 20; i++) {
      const connection = await begin('/take', whole.length)
      connection.write(whole.subarray(HEAD.length, Math.floor((whole.length * i) / 21)))
      await sleep(5)
      connection.end()
    }
    await expect.poll(() => folder.left()).toEqual([])
    expect(told).toEqual([])
  })
})

test('in the fetch form, a stream that breaks off or never goes on leaves no file', async () => {
  const told: unknown[] = []
  const handle = await toFetch(uploads({}), { report: (error) => told.push(error) })
  const send = (after: (controller: ReadableStreamDefaultController<Uint8Array>) => void): Promise<Response> => {
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (sent === 0) controller.enqueue(Buffer.from(HEAD))
        else if (sent < 10) controller.enqueue(new Uint8Array(50_000))
        else after(controller)
        sent++
      },
    })
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    return handle(new Request('http://a/take', { method: 'POST', headers, body, duplex: 'half' } as RequestInit))
  }
  expect((await send((controller) => controller.error(new Error('gone')))).status).toBe(400)
  expect((await send(() => {})).status).toBe(408)
  await expect.poll(() => folder.left()).toEqual([])
  await handle.close()
  expect(told).toEqual([])
})

test('what a process left that was killed is removed by the next that starts', async () => {
  const parent = path.join(tmpdir(), `trestle-uploads-${process.getuid?.()}`)
  const killed = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  const host = hostname().replace(/[^\w-]/g, '_')
  const folders = { killed: `${host}.${killed.pid}.a`, alive: `${host}.${process.ppid}.b`, elsewhere: 'other.1.c' }
  for (const name of Object.values(folders)) {
    mkdirSync(path.join(parent, name), { recursive: true })
    writeFileSync(path.join(parent, name, 'file'), 'a')
  }
  const start = async (): Promise<string[]> => {
    const handle = await toFetch(uploads({}))
    const names = readdirSync(parent)
    await handle.close()
    return names
  }
  expect((await start()).length).toBe(3)
  killed.kill('SIGKILL')
  await new Promise((resolve) => killed.on('exit', resolve))
  const names = await start()
  expect(names).not.toContain(folders.killed)
  expect(names).toEqual(expect.arrayContaining([folders.alive, folders.elsewhere]))
})

test('where temporary files cannot be, small files are taken, and large ones are a failure that is told', async () => {
  const parent = path.join(tmpdir(), `trestle-uploads-${process.getuid?.()}`)
  const elsewhere = path.join(tmpdir(), 'elsewhere')
  rmSync(parent, { recursive: true, force: true })
  mkdirSync(elsewhere)
  const send = async (bytes: number): Promise<[number, unknown]> => {
    const told: unknown[] = []
    const handle = await toFetch(uploads({}), { report: (error) => told.push(error) })
    const body = new FormData()
    body.append('file', new File([new Uint8Array(bytes)], 'a.bin'))
    const { status } = await handle(new Request('http://a/take', { method: 'POST', body }))
    await handle.close()
    return [status, told[0]]
  }
  // A file in the place of the folder, and a way to the folder of somebody who was there first.
  for (const take of [() => writeFileSync(parent, ''), () => symlinkSync(elsewhere, parent)]) {
    take()
    expect(await send(60_000)).toEqual([200, undefined])
    const [status, told] = await send(70_000)
    expect(status).toBe(500)
    expect(String(told)).toMatch(/ENOTDIR|EEXIST|is not this user's own folder: remove it, or set TMPDIR/)
    expect(readdirSync(elsewhere)).toEqual([])
    rmSync(parent)
  }
})
