import { serve } from 'trestle/node'

// Read when the modules below are loaded.
process.env.DATABASE_FILE = ':memory:'
process.env.JWT_SECRET = 'a secret for tests, and for tests alone'

export const { conduit } = await import('../../examples/conduit/conduit.ts')

export interface Reply {
  readonly status: number
  readonly headers: Headers
  /** Parsed where there is one. It is what came, so it has no type. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what must be in it
  readonly body: any
}

export interface Caller {
  readonly url: string
  /** A request under `/api`. A body that is no text goes as JSON. */
  readonly call: (method: string, path: string, options?: { body?: unknown; token?: string }) => Promise<Reply>
  /** Registers somebody of that name; gives the token. */
  readonly register: (username: string) => Promise<string>
  /** Writes an article; gives its slug. */
  readonly write: (token: string, title: string, more?: object) => Promise<string>
  readonly stop: () => Promise<void>
}

/** Conduit over real HTTP, with an empty database of its own. */
export async function startConduit(): Promise<Caller> {
  const server = await serve(conduit, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
  const url = `http://127.0.0.1:${server.port}`
  const call: Caller['call'] = async (method, path, { body, token } = {}) => {
    const headers = new Headers()
    if (body !== undefined) headers.set('content-type', 'application/json')
    if (token !== undefined) headers.set('authorization', `Token ${token}`)
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(`${url}/api${path}`, { method, headers, body: text })
    const received = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: received === '' ? undefined : JSON.parse(received),
    }
  }
  const made = (reply: Reply): Reply => {
    if (reply.status !== 201) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`)
    return reply
  }
  return {
    url,
    call,
    register: async (username) => {
      const body = { user: { username, email: `${username}@test.com`, password: 'password123' } }
      return made(await call('POST', '/users', { body })).body.user.token
    },
    write: async (token, title, more) => {
      const body = { article: { title, description: 'Test description', body: 'Test body', ...more } }
      return made(await call('POST', '/articles', { token, body })).body.article.slug
    },
    stop: server.stop,
  }
}
