/** Serves what is put under load, in a process of its own: `subject-server.ts <options of serve as JSON>`. */
import { readdirSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { type ServeOptions, serve } from 'trestle/node'
import type { Facts } from './subject.ts'
import { subjectApi } from './subject-api.ts'

let reports = 0
const server = await serve(subjectApi(), {
  port: 0,
  host: '127.0.0.1',
  quiet: true,
  signals: false,
  report: () => void reports++,
  ...(JSON.parse(process.argv[2] ?? '{}') as ServeOptions),
})
process.on('disconnect', () => process.exit(0))
process.on('message', async () => {
  // Twice: what the first finds to be without an owner may have been the last that owned something else.
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.()
    await turn()
  }
  process.send?.(facts())
})
process.send?.({ port: server.port })

function facts(): Facts {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const resources: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
  // One of them is that of this reading.
  const files = readdirSync('/proc/self/fd').length - 1
  return { rss, heap: heapUsed, external: external + arrayBuffers, files, resources, reports }
}
