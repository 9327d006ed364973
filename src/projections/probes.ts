import { type AnyEndpoint, get } from '../contract/endpoint.ts'
import { essential } from '../contract/essential.ts'
import type { Path } from '../contract/path.ts'
import { readiness, traffic } from '../contract/readiness.ts'
import { type StatedReply, ok, reply, status } from '../contract/reply-spec.ts'
import type { Schema } from '../contract/schema.ts'

/** What is written here, as it is: no library has to be there to describe it. */
const REPORT: Schema<object> = {
  '~standard': { version: 1, vendor: 'trestle', validate: (value) => ({ value: value as object }) },
}

/** Answers as long as the process does. It asks nothing else: a database that is away is no reason to start anew. */
export function healthProbe(place: Path): AnyEndpoint {
  return essential(get(place, { returns: ok(REPORT), hidden: true }, () => answer(200, { status: 'ok' })))
}

/** Says whether the API is ready for traffic. */
export function readinessProbe(place: Path): AnyEndpoint {
  return essential(
    get(
      place,
      { returns: [ok(REPORT), status(503, REPORT)], use: { readiness, traffic }, hidden: true },
      async ({ readiness, traffic }) => {
        const report = await readiness.ask(traffic.wanted)
        return report.status === 'ready' ? answer(200, report) : answer(503, report)
      },
    ),
  )
}

/** What a cache between a probe and its answer must not keep. */
function answer<const Status extends number>(code: Status, body: object): StatedReply<Status, object> {
  return reply(code, body, { 'cache-control': 'no-store' })
}
