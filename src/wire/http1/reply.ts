import { type WireReply, isBodiless } from '../../pipeline/reply.ts'

/** Reason phrases (RFC 9110 §15); of others there is none, which the grammar allows (RFC 9112 §4). */
const PHRASES: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  203: 'Non-Authoritative Information',
  204: 'No Content',
  205: 'Reset Content',
  206: 'Partial Content',
  207: 'Multi-Status',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  423: 'Locked',
  424: 'Failed Dependency',
  425: 'Too Early',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage',
  511: 'Network Authentication Required',
}

/** Status lines (RFC 9112 §4) by status: made once, for all that a reply can have. */
const STATUS_LINES: readonly string[] = Array.from(
  { length: 600 },
  (_, status) => `HTTP/1.1 ${status} ${PHRASES[status] ?? ''}\r\n`,
)

export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

/** What the connection adds to a reply: whether it goes on, said only where the version would not mean it (§9.3). */
export const GOES_ON = ''
export const GOES_ON_10 = 'connection: keep-alive\r\n'
export const CLOSES = 'connection: close\r\n'

/** Status line and header section, ended. */
export function headOf({ status, fields }: WireReply, more: string): string {
  let text = STATUS_LINES[status] as string
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  return `${text}${more}\r\n`
}

/**
 * The field that says how long a body in memory is (§6.2). A 205 says that it is nothing (RFC 9110 §15.3.6); 204 and
 * 304 never say.
 */
export function lengthField(status: number, length: number): string {
  if (isBodiless(status)) return status === 205 ? 'content-length: 0\r\n' : ''
  return `content-length: ${length}\r\n`
}
