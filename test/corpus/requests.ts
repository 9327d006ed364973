/** Requests that cases are made of. What a case is about stands in the case. */

/** A request with a Host: its first line, its other fields, its body. */
export function request(line: string, fields: readonly string[] = [], body = ''): string {
  return bare(line, ['Host: api.test', ...fields], body)
}

/** A request of exactly these lines. */
export function bare(line: string, fields: readonly string[] = [], body = ''): string {
  return `${[line, ...fields].map((one) => `${one}\r\n`).join('')}\r\n${body}`
}

export const PROBE: string = request('GET /probe HTTP/1.1')

/** What a smuggler would have answered: no case is. */
export const SMUGGLED: string = request('GET /paths/admin HTTP/1.1')

/** A text, however its fields frame it. */
export function sent(fields: readonly string[], body: string): string {
  return request('POST /bodies/text HTTP/1.1', ['Content-Type: text/plain', ...fields], body)
}

export function chunked(chunks: string, fields: readonly string[] = []): string {
  return sent(['Transfer-Encoding: chunked', ...fields], chunks)
}

/** `hello` in one chunk, and the end of the body. */
export const HELLO = '5\r\nhello\r\n0\r\n\r\n'
