import { type Dependency, api, get } from 'trestle'
import { createTestClient } from 'trestle/testing'

/** What serves a port, as an API on that backend gets it. */
export async function openPort<T>(
  wanted: Dependency<T>,
  setting: string,
): Promise<{ port: T; close: () => Promise<void> }> {
  let found: { port: T } | undefined
  const app = api({
    take: get('/', { use: { port: wanted } }, ({ port }) => {
      found = { port }
    }),
  })
  const test = await createTestClient(app, { backend: setting })
  await test.fetch('/')
  if (found === undefined) throw new Error(`nothing serves the port: ${test.failures.join()}`)
  return { port: found.port, close: test.close }
}
