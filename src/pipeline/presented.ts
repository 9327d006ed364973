import type { Presentation } from '../contract/presentation.ts'
import { addVary } from '../contract/vary.ts'
import type { Failing } from './advance.ts'
import type { Exchange } from './exchange.ts'
import { type Report, aboutOf } from './fail.ts'
import type { Incoming } from './incoming.ts'
import { type Answer, toReply } from './onion.ts'
import type { WireReply } from './reply.ts'

/**
 * Puts a presentation around what answers. Where it cannot show a reply, that is told, and the reply is sent as it is: it
 * says what came of the request.
 */
export function presented({ wants, show }: Presentation, inner: Answer, failing: Failing, report: Report): Answer {
  const shown = async (x: Exchange): Promise<WireReply> => {
    let reply: WireReply | undefined
    try {
      const next = async (): Promise<WireReply> => {
        askForJson(x.request)
        reply = await inner(x)
        return reply
      }
      return varying(toReply(await show(x, next)))
    } catch (error) {
      if (reply === undefined) return failing(x, error)
      report(error, aboutOf(x))
      return varying(reply)
    }
  }
  /** What is sent is the page: that has a coding, as the reply would have had. */
  const sent = async (x: Exchange): Promise<WireReply> => {
    const { request } = x
    const { header } = request
    const reply = await shown(x)
    const code = x.endpoint?.code
    if (code === undefined) return reply
    // For no longer than the coding is chosen: what is made anew behind this reply goes on being asked for as it was.
    const asked = request.header
    request.header = header
    try {
      return code(x, reply)
    } finally {
      request.header = asked
    }
  }
  return (x) => {
    const { method } = x.request
    if (method !== 'GET' && method !== 'HEAD') return inner(x)
    if (wants(x.request)) return sent(x)
    const reply = inner(x)
    return reply instanceof Promise ? reply.then(varying) : varying(reply)
  }
}

/**
 * What is shown is made of JSON: an endpoint that has other forms too is to give that. Browsers would rather have XML
 * than whatever there is. Pages of the API's own come first.
 */
function askForJson(request: Incoming): void {
  const header = request.header.bind(request)
  request.header = (name) => {
    if (/^accept$/i.test(name)) return 'text/html, application/json;q=0.9, */*;q=0.5'
    // What is packed cannot be looked into.
    return /^accept-encoding$/i.test(name) ? 'identity' : header(name)
  }
}

/** What a cache has for one of them is not for the other (RFC 9110 §12.5.5). */
function varying(reply: WireReply): WireReply {
  const before = reply.fields.length
  reply.addMissing(VARY)
  // Nearly always there was none, and looking for what it says costs more than the rest.
  if (reply.fields.length === before) addVary(reply, 'Accept')
  return reply
}

const VARY: readonly string[] = ['vary', 'Accept']
