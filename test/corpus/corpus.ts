import type { CorpusCase } from './case.ts'
import { bodiless } from './cases/bodiless.ts'
import { chunks } from './cases/chunks.ts'
import { connections } from './cases/connections.ts'
import { contentLength } from './cases/content-length.ts'
import { expectations } from './cases/expect.ts'
import { fields } from './cases/fields.ts'
import { hosts } from './cases/hosts.ts'
import { limits } from './cases/limits.ts'
import { pipelining } from './cases/pipelining.ts'
import { requestLine } from './cases/request-line.ts'
import { smuggling } from './cases/smuggling.ts'
import { targets } from './cases/targets.ts'
import { trailers } from './cases/trailers.ts'
import { transferEncoding } from './cases/transfer-encoding.ts'

/** Every case of raw bytes, by topic. */
export const corpus: Readonly<Record<string, readonly CorpusCase[]>> = {
  'Request line': requestLine,
  'Targets and normalisation': targets,
  'Host and authority': hosts,
  'Header fields': fields,
  'Content-Length': contentLength,
  'Transfer-Encoding': transferEncoding,
  Chunks: chunks,
  Trailers: trailers,
  Smuggling: smuggling,
  Expect: expectations,
  'Connection and HTTP/1.0': connections,
  'HEAD, 204 and 304': bodiless,
  Pipelining: pipelining,
  Limits: limits,
}
