/** What a server is told, as it was given: a program without types may give anything. */
type Given = Readonly<Record<string, unknown>>

/** One kind of value: what it is called, and what tells it. */
interface Kind {
  readonly takes: string
  readonly has: (value: unknown) => boolean
}

/** The longest that a timer can wait. Of more, and of what is no number, node makes a millisecond. */
const LONGEST = 2 ** 31 - 1

const PORT: Kind = {
  takes: 'a whole number from 0 to 65535',
  has: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
}
const TIME: Kind = {
  takes: `milliseconds from 0 to ${LONGEST}`,
  has: (value) => typeof value === 'number' && value >= 0 && value <= LONGEST,
}
const SWITCH: Kind = { takes: 'true or false', has: (value) => typeof value === 'boolean' }
const PEM: Kind = { takes: 'the path of a PEM file, or its text', has: isText }
const ANY: Kind = { takes: '', has: () => true }

const SERVE: Readonly<Record<string, Kind>> = {
  port: PORT,
  host: { takes: 'the text of an address', has: isText },
  path: { takes: 'the path of a unix socket', has: isText },
  tls: options('{ cert, key, … }'),
  engine: ANY,
  limits: options('{ headerBytes, … }'),
  overload: {
    takes: '{ concurrency, delay }, or false',
    has: (value) => isOptions(value) || value === false,
  },
  quiet: SWITCH,
  development: SWITCH,
  report: called('(error, about) => …'),
  proxy: options('{ trust, headers, prefix }'),
  upgrade: called('(request) => …'),
  deadline: TIME,
  drain: TIME,
  backend: {
    takes: 'text such as "redis://…", or a backend',
    has: (value) => isText(value) || (isOptions(value) && isOptions(value.ports)),
  },
  override: { takes: 'a list of pairs', has: Array.isArray },
  signals: SWITCH,
}

const TLS: Readonly<Record<string, Kind>> = {
  cert: PEM,
  key: PEM,
  passphrase: { takes: 'text', has: (value) => typeof value === 'string' },
  ca: PEM,
  minVersion: ANY,
  http2: SWITCH,
}

/**
 * Checks what nothing else would refuse, or not in words of the one who gave it: names that there are none of, which
 * would do nothing, values of another kind, options that exclude each other.
 *
 * @throws {TypeError} naming the option and what it takes.
 */
export function checkValues(given: unknown): void {
  if (!isOptions(given)) throw new TypeError(`serve takes { port, … } after the API, not ${spelled(given)}`)
  checkKinds('', given, SERVE)
  const { port, host, path, tls, engine, upgrade } = given
  if (path !== undefined && (port !== undefined || host !== undefined)) {
    throw new TypeError('path is a unix socket in the place of port and host: leave out the one or the others')
  }
  if (upgrade !== undefined && engine === 'node') {
    throw new TypeError(
      'upgrade is not for engine "node", which cannot let a request be answered after all: leave engine out',
    )
  }
  if (tls === undefined) return
  if (engine === 'node') {
    throw new TypeError('tls is not for engine "node": leave engine out, or let a proxy before the server end TLS')
  }
  checkKinds('tls.', tls as Given, TLS)
  for (const name of ['cert', 'key']) {
    if ((tls as Given)[name] === undefined) throw new TypeError(`tls.${name} is missing: it takes ${PEM.takes}`)
  }
}

/**
 * @param names those that there are.
 * @throws {TypeError} for another one, which would do nothing.
 */
export function checkNames(where: string, given: object, names: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw new TypeError(`${where}: there is no "${name}"; there are ${names.join(', ')}`)
  }
}

function checkKinds(where: string, given: Given, kinds: Readonly<Record<string, Kind>>): void {
  checkNames(where === '' ? 'serve' : where.slice(0, -1), given, Object.keys(kinds))
  for (const [name, { takes, has }] of Object.entries(kinds)) {
    const value = given[name]
    if (value !== undefined && !has(value)) {
      throw new TypeError(`${where}${name} takes ${takes}, not ${spelled(value)}`)
    }
  }
}

/** A value in a message. */
export function spelled(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (Array.isArray(value)) return 'a list'
  return value !== null && typeof value === 'object' ? 'an object' : String(value)
}

function options(takes: string): Kind {
  return { takes, has: isOptions }
}

function called(as: string): Kind {
  return { takes: `a function ${as}`, has: (value) => typeof value === 'function' }
}

function isOptions(value: unknown): value is Given {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
