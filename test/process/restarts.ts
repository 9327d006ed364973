/**
 * `npm run restarts`: replaces the workers of a server again and again, under clients that keep their connections, that
 * make a new one for each request, and that read streams. No request may fail.
 *
 *     npm run restarts -- --restarts 50 --workers 2
 */
import { parseArgs } from 'node:util'
import { type Outcome, rollingRestarts } from './rolling.ts'

const { values } = parseArgs({
  options: {
    restarts: { type: 'string', default: '50' },
    workers: { type: 'string', default: '2' },
  },
})
const outcome = await rollingRestarts({
  restarts: Number(values.restarts),
  workers: Number(values.workers),
  progress: (done, { requests, failures }) =>
    process.stdout.write(`  ${done} restarts, ${requests} requests, ${failures.length} failed\n`),
})
print(outcome)
process.exit(outcome.failures.length > 0 || outcome.exitCode !== 0 ? 1 : 0)

function print({ restarts, replaced, seconds, kinds, failures, exitCode, longest }: Outcome): void {
  const lines = [
    `${restarts} restarts (${replaced} workers replaced) in ${seconds.toFixed(1)} s, the longest ${Math.round(longest)} ms`,
    ...kinds.map(
      ({ name, clients, requests, failures, slowest }) =>
        `  ${name}: ${clients} clients, ${requests} requests, ${failures.length} failed, the slowest reply ${Math.round(slowest)} ms`,
    ),
    ...failures.slice(0, 20).map((failure) => `✗ ${failure}`),
    `the server ended with exit code ${exitCode}`,
    failures.length === 0 ? '✓ no request failed' : `${failures.length} requests failed`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
