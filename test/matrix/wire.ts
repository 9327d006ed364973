import type { Case } from './case.ts'

/** The bytes of a case's request. */
export function bytesOf(one: Case): Buffer {
  if (one.raw !== undefined) return Buffer.from(one.raw, 'latin1')
  const { method = 'GET', target = '/', headers = [], body } = one
  const has = (name: string): boolean => headers.some(([key]) => key.toLowerCase() === name)
  const lines = [`${method} ${target} HTTP/1.1`]
  if (!has('host')) lines.push('Host: api.test')
  for (const [name, value] of headers) lines.push(`${name}: ${value}`)
  if (body !== undefined && !has('content-length') && !has('transfer-encoding')) {
    lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body ?? '')])
}

/** A case's request for `toFetch`. @throws {TypeError} where the Fetch standard has no such request. */
export function requestOf(one: Case): Request {
  const { method = 'GET', target = '/', headers = [], body } = one
  return new Request(`http://api.test${target}`, {
    method,
    headers: headers.map(([name, value]) => [name, value]),
    ...(body === undefined ? {} : { body: body as BodyInit }),
  })
}
