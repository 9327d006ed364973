import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { sql } from 'drizzle-orm'
import { api, group } from 'trestle'
import { serve } from 'trestle/node'
import { resource } from 'trestle/resources'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'

/** What nobody hears ends a process. Vitest fails the run by it, but says not where. */
const unheard: unknown[] = []
process.on('uncaughtExceptionMonitor', (error) => void unheard.push(error))

onBothDatabases('an import that breaks off', (opened) => {
  let port: number
  let stop: () => Promise<void>
  beforeAll(async () => {
    const { tables, db } = opened()
    const given = api(
      { limits: { body: 100_000 } },
      { branches: group('/branches', resource(tables.branches, { db, import: true })) },
    )
    const server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
    port = server.port
    stop = () => server.stop()
  })
  afterAll(() => stop())
  const count = async () => Number((await opened().run(sql`select count(*) as n from branches`))[0]?.n)

  test.each([
    ['text/csv', 'name\n', (i: number) => `row ${i}\n`],
    ['application/x-ndjson', '', (i: number) => `{"name":"row ${i}"}\n`],
  ])(
    'leaves nothing of %s',
    async (type, head, line) => {
      const socket = net.connect(port, '127.0.0.1')
      socket.on('error', () => {})
      const send = (text: string) => socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
      socket.write(
        `POST /branches/import HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`,
      )
      send(head + Array.from({ length: 1000 }, (_, i) => line(i)).join(''))
      await sleep(200)
      socket.destroy()
      await sleep(200)
      expect(unheard).toEqual([])
      const next = await fetch(`http://127.0.0.1:${port}/branches/import`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: head + line(9999),
        signal: AbortSignal.timeout(20_000),
      })
      expect(await next.json()).toMatchObject({ refused: 0, created: 1 })
      expect(await count()).toBe(1)
      await opened().run(sql`delete from branches returning id`)
    },
    30_000,
  )

  test.each(['text/csv', 'application/x-ndjson'])(
    '%s that is too long, or no gzip, is refused',
    async (type) => {
      const post = async (body: Uint8Array | ReadableStream, more: Record<string, string>) => {
        const reply = await fetch(`http://127.0.0.1:${port}/branches/import`, {
          method: 'POST',
          headers: { 'content-type': type, ...more },
          body: body as never,
          ...({ duplex: 'half' } as object),
          signal: AbortSignal.timeout(20_000),
        })
        return reply.status
      }
      const long = Buffer.from(`no_column\n${'some name\n'.repeat(50_000)}`)
      expect(await post(new Blob([long]).stream(), {})).toBe(413)
      expect(await post(gzipSync(long), { 'content-encoding': 'gzip' })).toBe(413)
      expect(await post(Buffer.from('no gzip at all'), { 'content-encoding': 'gzip' })).toBe(400)
      expect(unheard).toEqual([])
      expect(await count()).toBe(0)
    },
    30_000,
  )
})
