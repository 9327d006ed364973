import { essenceOf } from '../../contract/formats.ts'
import { CallError, type Target } from './call-error.ts'

/**
 * The rows of a reply, each when it has come. Whoever stops early leaves, and the API is told so.
 *
 * @throws {CallError} where the reply breaks off, or is not what it says it is: what came before was a part.
 */
export async function* readRows(
  response: Response,
  id: string,
  target: Target,
): AsyncGenerator<unknown, void, undefined> {
  const broken = (cause: unknown): CallError => {
    return new CallError(
      'reply',
      id,
      target,
      `answered ${response.status} with rows that cannot be read to their end`,
      cause,
    )
  }
  if (essenceOf(response.headers.get('content-type') ?? '') !== 'application/x-ndjson') {
    const all = await response.json().catch((cause: unknown) => {
      throw broken(cause)
    })
    yield* all as unknown[]
    return
  }
  for await (const line of linesOf(response, broken)) {
    let row: unknown
    try {
      row = JSON.parse(line)
    } catch (cause) {
      throw broken(cause)
    }
    yield row
  }
}

/** Lines that hold something. */
async function* linesOf(
  response: Response,
  broken: (cause: unknown) => CallError,
): AsyncGenerator<string, void, undefined> {
  if (response.body === null) return
  const reader = response.body
    .pipeThrough(new TextDecoderStream() as never)
    .getReader() as ReadableStreamDefaultReader<string>
  let rest = ''
  let isWhole = false
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        isWhole = true
        throw broken(cause)
      })
      if (done) break
      const lines = (rest + value).split('\n')
      rest = lines.pop() as string
      for (const line of lines) if (line.trim() !== '') yield line
    }
    isWhole = true
    if (rest.trim() !== '') yield rest
  } finally {
    if (!isWhole) await reader.cancel()
  }
}
