import { serve } from '../node.ts'
import { stopAtSignals } from '../wire/stop-signals.ts'
import { loadApi } from './load-api.ts'
import { sentenceOf } from './sentence.ts'

/**
 * The process that `trestle dev` starts anew: serves the API of the file it is given, and tells its
 * parent when it listens.
 */
// Without its parent nobody would end it.
process.on('disconnect', () => process.exit())

const [file, port, host] = process.argv.slice(2) as [string, string, string]

try {
  const server = await serve(await loadApi(file), {
    port: Number(port),
    ...(host === '' ? {} : { host }),
    development: true,
    quiet: true,
    // Whoever saves a file wants the new code, not the end of an old download, nor that of a start.
    deadline: 200,
    signals: false,
  })
  stopAtSignals(Promise.resolve(server), 0)
  process.send?.({ url: server.url, port: server.port })
} catch (error) {
  console.error(sentenceOf(error) ?? error)
  process.exit(1)
}
