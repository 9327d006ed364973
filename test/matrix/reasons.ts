import { ABSENT, CLOSED, type Difference, type Expected } from './case.ts'

/** Reasons that many differences share. */

export const NO_REQUEST: Difference = {
  ...ABSENT,
  why: 'The Fetch standard has no such request: `new Request` throws.',
}

/** The runtime's parser refuses it by itself. */
export function parser(status: number): Difference {
  return {
    status,
    empty: true,
    closes: true,
    why: "The runtime's own HTTP parser refuses this, without a body and without asking Trestle.",
  }
}

export const PARSERS = { bun: parser(400), deno: parser(400) } as const

export const GONE: Difference = {
  ...CLOSED,
  why: 'The runtime closes the connection by itself.',
}

/** Deno leaves a connection open that a reply asks to end. */
export function stays(reply: Expected, more: { waits?: true } = {}): Difference {
  const { closes: _, ...rest } = reply
  return {
    ...rest,
    ...more,
    why: 'Deno does not end a connection because a reply says `Connection: close`; it reads on and drops what it reads.',
  }
}

/** The URL is made by the rules of the WHATWG, which know no bad path. */
export function resolved(reply: Expected): Difference {
  return {
    ...reply,
    why: 'The request comes with a URL whose dot segments are resolved and whose backslashes are slashes.',
  }
}
