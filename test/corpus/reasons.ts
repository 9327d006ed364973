import type { Difference } from '../matrix/case.ts'
import { GONE, parser, stays } from '../matrix/reasons.ts'
import type { CorpusDifference, Reply } from './case.ts'
import { admin, bad, closing, probed } from './replies.ts'

/** Reasons that many differences of the corpus share; those of the matrix are used where they fit. */

/** A reply that is not the promised one, and those after it. */
type Other = Reply & { readonly why: string; readonly then?: readonly Reply[] }

type OfPromise = (promised: Reply) => CorpusDifference

/** Another reply, for a reason. */
export function because(why: string, reply: Reply, ...then: readonly Reply[]): Other {
  return { ...reply, ...(then.length > 0 ? { then } : {}), why }
}

/** The first reply as promised; then something else. */
export function followedBy(second: Other | Difference, ...rest: readonly Reply[]): OfPromise {
  return (promised) => ({
    ...promised,
    then: [second as Reply, ...((second as Other).then ?? []), ...rest],
    why: second.why,
  })
}

/** The first reply as promised, and the end of the connection. */
export function thenGone(why: string = GONE.why): OfPromise {
  return (promised) => because(why, closing(promised))
}

/** No reply: more is waited for. */
export function silent(why: string): CorpusDifference {
  return { silent: true, why }
}

export const staysWaiting: OfPromise = (promised) => stays(promised, { waits: true })

/** Deno may be at the end of the body by then, or not. */
export const endsOrStays: OfPromise = (promised) => ({ ...stays(promised, { waits: true }), mayClose: true })

/** Deno answers what follows a refusal that should have been the last reply. */
export const staysForProbe: OfPromise = (promised) => ({ ...stays(promised), then: [probed] })
export const staysForAdmin: OfPromise = (promised) => ({ ...stays(promised), then: [admin] })

export const NODE_AFTER_CLOSE =
  'The parser of node:http reads on after the last request of a connection, and what follows is refused.'

/** The last reply, and a refusal of what nobody should have read. */
export const refusedAfterLast: OfPromise = ({ closes: _, ...promised }) => because(NODE_AFTER_CLOSE, promised, bad)

const BUN_TRAILER = 'Bun takes trailers for the next request: it refuses that, and closes.'

/** What Bun answers to a trailer, after the reply. */
export const trailerRefused: Other = because(BUN_TRAILER, closing({ status: 400, empty: true }))

export function strayTrailer(reply: Reply): CorpusDifference {
  return because(BUN_TRAILER, reply, trailerRefused)
}

export const WAITS_FOR_CHUNK =
  'A chunk size of 64 bits is believed, and the chunk is waited for until the body is longer than its limit.'
export const LONG_EXTENSIONS = 'The runtime takes chunk extensions of any length up to its own limit.'
export const MORE_FIELDS = 'The runtime takes more fields.'
export const EAGER = 'The runtime sends 100 before it hands the request over, and waits for the body.'
export const OLD = 'The runtime does not look at the version before it sends 100.'
export const UNHEARD = 'The runtime passes over expectations that it does not know, which RFC 9110 §10.1.1 allows.'

export const NODE_EMPTY_LINES =
  'The parser of node:http passes over any number of empty lines, and takes a bare CR or LF for one.'
export const NODE_LINE = 'The parser of node:http gives up after 32 KB, and does not say in which line.'
export const NODE_LONG_FIELDS = 'Over node:http a header section may have 32 KB, and a trailer too.'
export const NODE_OLD_CHUNKS = 'The parser of node:http takes chunks from HTTP/1.0.'
export const NODE_UPGRADE =
  "After a request that asks for an upgrade, node's parser tells of no error any more: the connection ends."
export const NODE_VERSION = 'The parser of node:http does not tell a version from what is none.'

export const BUN_ABSOLUTE = 'Bun takes the path of an absolute target and the authority of Host.'
export const BUN_CONNECT =
  'The runtime hands CONNECT over like any other method; Bun takes nothing more from the connection.'
export const BUN_DEL = 'Bun takes DEL for a character like any other.'
export const BUN_OLD = 'Bun closes after every reply to HTTP/1.0.'
export const BUN_PIPELINE = 'Bun closes a connection on which a request comes while the one before it is not answered.'

export const DENO_EMPTY_LINES = 'Deno passes over any number of empty lines, and takes LF for one.'
export const DENO_LF = 'Deno takes a bare LF for a line end.'
export const DENO_NO_HOST = 'Deno makes a URL of its own address where there is no Host, and does not tell.'
export const DENO_STREAMED = 'Deno ends a connection after a body that did not come with its header section.'
export const DENO_URL = 'Deno makes a URL of the target that has another host and path.'
export const DENO_WAITS = 'Deno waits for the rest of what is no chunk and no trailer.'
export const DENO_LONG_FIELDS = 'Deno takes header sections of any length up to its own limit.'

/** A chunk that is none. */
export const CHUNK_REFUSED = { bun: parser(400), deno: GONE } as const
