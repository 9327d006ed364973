import { expect, test } from 'vitest'
import { readByEngine } from './engine.ts'
import type { Reading } from './reading.ts'

/** A header section that is the last one again is not read again. What it says with another line, it says all the same. */

const LINES = [
  ...['GET /a HTTP/1.1', 'HEAD /a HTTP/1.1', 'POST /b HTTP/1.1', 'BREW /a HTTP/1.1', 'OPTIONS * HTTP/1.1'],
  ...['GET /a HTTP/1.0', 'POST /b HTTP/1.0', 'CONNECT a:80 HTTP/1.1', 'CONNECT /a HTTP/1.1'],
  ...['GET http://b/a HTTP/1.1', 'GET http://b:x/a HTTP/1.1', 'GET http:///a HTTP/1.1', 'GET a HTTP/1.1'],
]

/** Field lines, and a body that they frame. */
const SECTIONS: readonly (readonly [fields: string, body: string])[] = [
  ['Host: a\r\n', ''],
  ['Host: a\r\nAccept: */*\r\nX: \r\n', ''],
  ['Host: a\r\nContent-Length: 3\r\n', 'abc'],
  ['Host: a\r\nContent-Length: 0\r\n', ''],
  ['Host: a\r\nTransfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'],
  ['Host: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n', 'a'],
  ['Host: a\r\nConnection: keep-alive\r\n', ''],
]

/** Of other fields, which cannot be taken for the same. */
const OTHER = 'GET /other HTTP/1.1\r\nHost: other\r\nY: z\r\n\r\n'

for (const [fields, body] of SECTIONS) {
  const message = (line: string): string => `${line}\r\n${fields}\r\n${body}`
  test.each(LINES)(`${JSON.stringify(fields.slice(0, 60))} again, with %s`, async (line) => {
    const again = await lastOf([message('POST /first HTTP/1.1'), message(line)])
    expect(again).toEqual(await lastOf([OTHER, message(line)]))
  })
}

test.each([
  ['a field more', 'Host: a\r\nX: y\r\n', 'Host: a\r\nX: y\r\nZ: 1\r\n'],
  ['a field less', 'Host: a\r\nX: y\r\nZ: 1\r\n', 'Host: a\r\nX: y\r\n'],
  ['another last octet', 'Host: a\r\nX: y\r\n', 'Host: a\r\nX: z\r\n'],
  ['another length', 'Host: a\r\nContent-Length: 1\r\n', 'Host: a\r\nContent-Length: 2\r\n'],
  ['a second Host in place of another field', 'Host: a\r\nHoss: b\r\n', 'Host: a\r\nHost: b\r\n'],
  ['a bare LF in place of an octet', 'Host: a\r\nX: yz\r\n', 'Host: a\r\nX: y\n\r\n'],
])('%s is not the same', async (_what, first, second) => {
  const bodyOf = (fields: string): string => 'x'.repeat(Number(/Length: (\d)/.exec(fields)?.[1] ?? 0))
  const post = (fields: string): string => `POST / HTTP/1.1\r\n${fields}\r\n${bodyOf(fields)}`
  expect(await lastOf([post(first), post(second)])).toEqual(await lastOf([OTHER, post(second)]))
})

/** What became of the second of two requests, and of the connection; however the second is cut in two. */
async function lastOf([first, second]: readonly [string, string]): Promise<unknown> {
  const whole = await readOf([first + second])
  for (let cut = 0; cut < second.length; cut++) {
    const parts = [first + second.slice(0, cut), second.slice(cut)]
    expect(await readOf(parts), `cut at ${cut}`).toEqual(whole)
  }
  return whole
}

async function readOf(parts: readonly string[]): Promise<unknown> {
  const pieces = parts.filter((part) => part !== '').map((part) => Buffer.from(part, 'latin1'))
  const { requests, ending, replies }: Reading = await readByEngine({
    pieces,
    slow: false,
    use: 'bytes',
    streamed: false,
  })
  const [, ...others] = replies.replaceAll('HTTP/1.1 100 Continue\r\n\r\n', '').split(/(?=HTTP\/1\.1 )/)
  return { taken: requests.slice(1), ending, others }
}
