import { type Route, WORKLOAD } from '../workload.ts'

/** The body of the reply to a route, as all servers give it. */
export function replyOf(route: Route): string {
  return JSON.stringify(WORKLOAD[route].reply)
}

/** Its status line and header section, for servers that put nothing together. */
export function headOf(route: Route): string {
  const { status, location } = WORKLOAD[route]
  const lines = [
    `HTTP/1.1 ${status} ${status === 201 ? 'Created' : 'OK'}`,
    'content-type: application/json',
    ...(location === undefined ? [] : [`location: ${location}`]),
    `content-length: ${Buffer.byteLength(replyOf(route))}`,
    `date: ${new Date().toUTCString()}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
