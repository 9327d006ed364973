import { type Problem, type ProblemType, problem } from '../contract/problem.ts'
import { BadRequest, NotImplemented, RequestTimeout } from '../contract/problems.ts'

export const ExpectationFailed: ProblemType<'expectation_failed', undefined> = problem('expectation_failed', {
  status: 417,
  title: 'The only expectation taken is 100-continue',
})
export const HeadersTooLarge: ProblemType<'headers_too_large', undefined> = problem('headers_too_large', {
  status: 431,
  title: 'The header section is too large',
})
export const VersionNotSupported: ProblemType<'version_not_supported', undefined> = problem('version_not_supported', {
  status: 505,
  title: 'The version is not HTTP/1.1',
})

export const TooManyConnections: ProblemType<'too_many_connections', undefined> = problem('too_many_connections', {
  status: 503,
  title: 'The server has no room for another connection',
  headers: ['Retry-After'],
})

/** What node's parser tells of an error. */
export interface ParserError extends Error {
  readonly code?: string
  readonly bytesParsed?: number
  readonly rawPacket?: Uint8Array
}

/** What node's parser complains of, as a problem. */
export function parserProblem(error: ParserError): Problem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return HeadersTooLarge() as Problem
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return RequestTimeout() as Problem
    case 'HPE_INVALID_METHOD':
      if (isRequestLine(error)) return NotImplemented() as Problem
  }
  return BadRequest({ detail: 'This is not HTTP/1.1 (RFC 9112)' }) as Problem
}

const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ \S+ HTTP\/1\.[01]\r?$/m

/** True where the parser knew only the method not: a greeting of TLS or of another protocol is no request at all. */
function isRequestLine({ rawPacket, bytesParsed = 0 }: ParserError): boolean {
  if (rawPacket === undefined) return false
  const from = rawPacket.lastIndexOf(0x0a, Math.max(bytesParsed - 1, 0)) + 1
  const end = rawPacket.indexOf(0x0a, from)
  return end !== -1 && REQUEST_LINE.test(String.fromCharCode(...rawPacket.subarray(from, Math.min(end, from + 8192))))
}
