import { type ProblemType, problem } from './problem.ts'

/**
 * The problems that the pipeline itself answers with, and those that most APIs need. Codes are
 * stable: a client may switch on them.
 */

type Plain<Code extends string> = ProblemType<Code, undefined>

export const BadRequest: Plain<'bad_request'> = problem('bad_request', { status: 400 })
export const MalformedBody: Plain<'malformed_body'> = problem('malformed_body', {
  status: 400,
  title: 'The body cannot be read',
})
export const UnknownVersion: Plain<'unknown_version'> = problem('unknown_version', {
  status: 400,
  title: 'There is no such version of this API',
})
export const Unauthorized: Plain<'unauthorized'> = problem('unauthorized', {
  status: 401,
  title: 'Authentication is required',
  headers: ['WWW-Authenticate'],
})
export const Forbidden: Plain<'forbidden'> = problem('forbidden', { status: 403, title: 'This is not allowed' })
export const NotFound: Plain<'not_found'> = problem('not_found', { status: 404, title: 'Nothing is here' })
export const MethodNotAllowed: Plain<'method_not_allowed'> = problem('method_not_allowed', {
  status: 405,
  title: 'This path does not have that method',
  headers: ['Allow'],
})
export const NotAcceptable: Plain<'not_acceptable'> = problem('not_acceptable', {
  status: 406,
  title: 'None of the offered media types is accepted',
})
export const RequestTimeout: Plain<'request_timeout'> = problem('request_timeout', {
  status: 408,
  title: 'The request took too long to arrive',
})
export const Conflict: Plain<'conflict'> = problem('conflict', { status: 409 })
export const Gone: Plain<'gone'> = problem('gone', { status: 410 })
export const ContentTooLarge: Plain<'content_too_large'> = problem('content_too_large', {
  status: 413,
  title: 'The body is too large',
})
export const TargetTooLong: Plain<'target_too_long'> = problem('target_too_long', {
  status: 414,
  title: 'The request target is too long',
})
export const UnsupportedMediaType: Plain<'unsupported_media_type'> = problem('unsupported_media_type', {
  status: 415,
  title: 'The body has a media type that is not taken here',
  headers: ['Accept', 'Accept-Encoding'],
})
export const RangeNotSatisfiable: Plain<'range_not_satisfiable'> = problem('range_not_satisfiable', {
  status: 416,
  title: 'None of the ranges is in the file',
  headers: ['Content-Range'],
})
export const InvalidInput: Plain<'invalid_input'> = problem('invalid_input', {
  status: 422,
  title: 'Some fields are not valid',
})
export const InternalError: Plain<'internal_error'> = problem('internal_error', {
  status: 500,
  title: 'Something went wrong on our side',
})
export const NotImplemented: Plain<'not_implemented'> = problem('not_implemented', {
  status: 501,
  title: 'This method is not known',
})
export const Unavailable: Plain<'unavailable'> = problem('unavailable', {
  status: 503,
  title: 'The service cannot answer now',
  headers: ['Retry-After'],
})
export const HandlerTimeout: Plain<'handler_timeout'> = problem('handler_timeout', {
  status: 503,
  title: 'The reply took too long',
  headers: ['Retry-After'],
})
export const Overloaded: Plain<'overloaded'> = problem('overloaded', {
  status: 503,
  title: 'There is more to do than can be done; nothing was done for this request',
  headers: ['Retry-After'],
})
