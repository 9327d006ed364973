/** What a server is told in plain values, as it was given: a program without types may give anything. */
export interface OptionValues {
  readonly port?: unknown
  readonly host?: unknown
  readonly path?: unknown
  readonly deadline?: unknown
  readonly drain?: unknown
  readonly report?: unknown
  readonly upgrade?: unknown
}

/** The longest that a timer can wait. Of more, and of what is no number, node makes a millisecond. */
const LONGEST = 2 ** 31 - 1

/**
 * Checks what nothing else would refuse, or not in words of the one who gave it.
 *
 * @throws {TypeError} naming the option and what it takes.
 */
export function checkValues({ port, host, path, deadline, drain, report, upgrade }: OptionValues): void {
  const isPort = typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535
  if (port !== undefined && !isPort) refuse('port', 'a whole number from 0 to 65535', port)
  if (host !== undefined && typeof host !== 'string') refuse('host', 'the text of an address', host)
  if (path !== undefined && (typeof path !== 'string' || path === '')) refuse('path', 'the path of a unix socket', path)
  for (const [name, time] of Object.entries({ deadline, drain })) {
    const isTime = typeof time === 'number' && time >= 0 && time <= LONGEST
    if (time !== undefined && !isTime) refuse(name, `milliseconds from 0 to ${LONGEST}`, time)
  }
  if (report !== undefined && typeof report !== 'function') refuse('report', 'a function (error, about) => …', report)
  if (upgrade !== undefined && typeof upgrade !== 'function') refuse('upgrade', 'a function (request) => …', upgrade)
}

function refuse(name: string, takes: string, given: unknown): never {
  const text =
    typeof given === 'string' ? `"${given}"` : given !== null && typeof given === 'object' ? 'an object' : String(given)
  throw new TypeError(`${name} takes ${takes}, not ${text}`)
}
