/** What an identity provider does not answer, or not as it should. */
export class ProviderAway extends Error {
  /** What it answered with, where it did. */
  readonly status: number | undefined

  constructor(message: string, { status, cause }: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, { cause })
    this.status = status
  }

  override get name(): string {
    return 'ProviderAway'
  }
}

/** How a provider is asked. */
export interface Question {
  /** Seconds that it has to answer. */
  readonly timeout: number
  /** Fires when nobody wants the answer any more. */
  readonly signal: AbortSignal
  /** Form fields, sent by POST; GET without any. */
  readonly form?: Readonly<Record<string, string>>
  readonly authorization?: string
}

/** Bytes of an answer; the largest key sets that are known have a tenth of it. */
const LONGEST = 256 * 1024

/**
 * Asks an identity provider for a JSON object. A redirect is no answer: where it leads has not been agreed on.
 *
 * @throws {ProviderAway} that names the address, and holds nothing of what was sent or received.
 */
export async function askProvider(url: string, question: Question): Promise<Readonly<Record<string, unknown>>> {
  const { timeout, signal, form, authorization } = question
  let text: string | undefined
  try {
    const init: RequestInit = {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout * 1000)]),
      headers: { accept: 'application/json, application/jwk-set+json', ...(authorization && { authorization }) },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    }
    // A connection that was kept may just have been closed by the other side; to ask again changes nothing.
    const reply = await fetch(url, init).catch(() => fetch(url, init))
    const { status } = reply
    if (status !== 200) {
      await reply.body?.cancel()
      const isElsewhere = status >= 300 && status < 400
      throw new ProviderAway(`${url} ${isElsewhere ? 'leads elsewhere, which is not followed' : `is ${status}`}`, {
        status,
      })
    }
    text = await readAtMost(LONGEST, reply)
  } catch (cause) {
    if (cause instanceof ProviderAway) throw cause
    const late = cause instanceof DOMException && cause.name === 'TimeoutError'
    throw new ProviderAway(`${url} ${late ? `did not answer within ${timeout} s` : 'cannot be reached'}`, { cause })
  }
  if (text === undefined) throw new ProviderAway(`${url} answers with more than ${LONGEST} bytes`)
  const answer = parsed(text)
  if (answer === undefined) throw new ProviderAway(`${url} answers with something else than a JSON object`)
  return answer
}

/**
 * The address itself.
 *
 * @throws {TypeError} where it is none, or is asked without TLS beyond this machine: whoever is between can answer then.
 */
export function providerUrl(url: string, what: string): string {
  if (!URL.canParse(url)) throw new TypeError(`${what}: ${JSON.stringify(url)} is no address; write https://…`)
  const { protocol, hostname, username, password } = new URL(url)
  if (username !== '' || password !== '') throw new TypeError(`${what}: an address holds no user and no password`)
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback)) return url
  throw new TypeError(`${what}: ${url} is not https; http is for this machine alone`)
}

/** The body as text; undefined where it is longer. */
async function readAtMost(most: number, reply: Response): Promise<string | undefined> {
  if (reply.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for await (const piece of reply.body) {
    length += piece.byteLength
    if (length > most) return undefined
    text += decoder.decode(piece, { stream: true })
  }
  return text + decoder.decode()
}

/** Not what the parser says of it: that quotes the text. */
function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
