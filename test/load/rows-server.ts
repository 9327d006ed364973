/** Serves rows for `rows-run.ts`, in a process of its own, and tells what they took: `rows-server.ts <kind of source>`. */
import { api, get, rows } from 'trestle'
import { serve } from 'trestle/node'
import { z } from 'zod'

const Row = z.object({
  id: z.int(),
  name: z.string(),
  status: z.enum(['open', 'paid']),
  total_cents: z.int(),
  paid: z.boolean(),
  note: z.string().nullable(),
})

const row = (id: number) => ({
  id,
  name: `Customer, no. ${id}`,
  status: id % 2 === 0 ? ('open' as const) : ('paid' as const),
  total_cents: id * 7,
  paid: id % 2 === 1,
  note: null,
  secret: 'not declared',
})

async function* waiting(count: number) {
  for (let id = 0; id < count; id++) yield row(id)
}

function* atOnce(count: number) {
  for (let id = 0; id < count; id++) yield row(id)
}

const sources: Record<string, (count: number) => unknown> = {
  generator: waiting,
  iterable: atOnce,
  held: (count) => [...atOnce(count)],
}
const source = sources[process.argv[2] ?? 'generator'] ?? waiting
const query = z.object({ count: z.int() })
const server = await serve(
  api({ all: get('/rows', { query, returns: rows(Row) }, ({ query: { count } }) => source(count) as never) }),
  { port: 0, host: '127.0.0.1', quiet: true, signals: false },
)
process.on('disconnect', () => process.exit(0))
process.on('message', () => {
  globalThis.gc?.()
  process.send?.({ rss: process.memoryUsage.rss(), cpu: process.cpuUsage() })
})
process.send?.({ port: server.port })
