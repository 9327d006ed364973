/** What a reply of the engine tells of its request and of the connection. */
export interface Reply {
  readonly status: number
  /** The version of its request, as far as the framing of the reply tells it. */
  readonly minor: number | undefined
  readonly isLast: boolean
}

/** The final replies among all that was sent. No body here looks like the beginning of one. */
export function repliesOf(sent: string): Reply[] {
  if (sent === '') return []
  return sent
    .split(/(?=HTTP\/1\.1 [2-5]\d\d )/)
    .filter((one) => !one.startsWith('HTTP/1.1 1'))
    .map(replyOf)
}

function replyOf(text: string): Reply {
  const headEnd = text.indexOf('\r\n\r\n')
  const head = text.slice(0, headEnd)
  const isLast = head.includes('\r\nconnection: close')
  return { status: Number(head.slice(9, 12)), minor: minorOf(head, isLast, text.length > headEnd + 4), isLast }
}

/** HTTP/1.0 is told that the connection goes on, and gets no chunks: a body of unknown length ends with the connection. */
function minorOf(head: string, isLast: boolean, hasBody: boolean): number | undefined {
  if (head.includes('\r\nconnection: keep-alive')) return 0
  if (!isLast || head.includes('\r\ntransfer-encoding: chunked')) return 1
  return hasBody && !head.includes('\r\ncontent-length: ') ? 0 : undefined
}
