/** A request that stands for itself, and can be put into a batch. */
export interface Single {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** A reply, be it to a request of its own or of a batch. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A JSON value where it is JSON, or text. */
  readonly body?: unknown
}

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>

/** Fields of a connection, and those that are others with each reply: two that come at once have one made. */
const OF_WIRE = new Set([
  'age',
  'cache-status',
  'content-length',
  'connection',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-request-id',
])

/** Sends one on its own. */
export async function alone(fetch: Fetch, single: Single, shown: Readonly<Record<string, string>>): Promise<Answer> {
  const { method = 'GET', path, headers, body } = single
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(path, { method, headers: { ...type, ...shown, ...headers }, ...sent })
  const text = await response.text()
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '')
  const fields = Object.fromEntries(response.headers)
  return tidy({
    status: response.status,
    headers: fields,
    ...(text !== '' && { body: isJson ? JSON.parse(text) : text }),
  })
}

export interface BatchAnswer {
  readonly status: number
  readonly headers: Headers
  readonly replies: readonly (Answer & {
    readonly id?: string
    readonly omitted?: string
    readonly encoding?: string
  })[]
  /** The body, where it is not replies. */
  // biome-ignore lint/suspicious/noExplicitAny: what came is asked for by name
  readonly problem: any
}

/** Sends several in one. */
export async function together(
  fetch: Fetch,
  requests: readonly object[],
  shown: Readonly<Record<string, string>> = {},
  more: object = {},
): Promise<BatchAnswer> {
  const response = await fetch('/batch', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...shown },
    body: JSON.stringify({ requests, ...more }),
  })
  const body = (await response.json()) as { replies?: BatchAnswer['replies'] }
  return {
    status: response.status,
    headers: response.headers,
    replies: body.replies ?? [],
    problem: body.replies === undefined ? body : undefined,
  }
}

/** The body of a reply that a test knows. */
export function bodyOf<T>(reply: Answer | undefined): T {
  return reply?.body as T
}

/** Without what is another with each reply. */
export function tidy(answer: Answer): Answer {
  const kept = Object.entries(answer.headers).filter(([name]) => !OF_WIRE.has(name))
  // Of a quota it is compared how much is left, and not when.
  const headers = Object.fromEntries(kept.map(([name, value]) => [name, value.replace(/;t=\d+/g, ';t=0')]))
  return { ...answer, headers }
}
