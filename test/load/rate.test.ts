import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { Latencies } from './latencies.ts'
import { OpenLoop } from './open-loop.ts'
import { atFixedRate } from './rate-run.ts'

// The short form of `npm run rate`: figures of a machine that does something else as well say nothing.
it('a fixed rate is answered to the last request, by Trestle as by Fastify', async () => {
  const { common, own, failures } = await atFixedRate({
    servers: ['trestle', 'fastify'],
    share: 0.3,
    seconds: 1,
    slice: 0.5,
    warmUp: 1,
    capacitySeconds: 0.3,
  })
  expect(failures).toEqual([])
  for (const { rate, took } of [...common, ...own]) {
    expect(took.count).toBeGreaterThan(rate * 0.95)
    expect(took.at(0.5)).toBeLessThan(1000)
  }
})

it('a stall is counted against every request that would have come meanwhile', async () => {
  const stall = 300
  let stalled = false
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', async () => {
      if (!stalled) {
        stalled = true
        const until = performance.now() + stall
        while (performance.now() < until);
      }
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const asked = [{ bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'), status: 200 }]
  const loop = await OpenLoop.open((server.address() as AddressInfo).port, asked, 2)
  const took = new Latencies()
  await loop.run(200, 1, took, new Latencies())
  loop.close()
  server.close()
  expect(loop.failures).toEqual([])
  expect(took.count).toBe(200)
  // 60 requests were to be sent in that time: a caller who waits for replies would know of one.
  expect(took.at(0.8)).toBeGreaterThan(stall / 5)
  expect(took.at(1)).toBeGreaterThanOrEqual(stall * 0.9)
})
