import { type Security, schemesOf } from '../contract/security.ts'
import type { Computed } from '../contract/policy.ts'
import { type LiveSlot, makeDependencies } from './dependencies.ts'
import { Exchange } from './exchange.ts'
import type { Answer } from './onion.ts'
import { createOutside } from './outside.ts'
import type { WireReply } from './reply.ts'
import { RequestApart } from './request-apart.ts'
import type { Stage } from './advance.ts'

/** Runs what nobody waits for on a connection: in the time of its endpoint, and to the end of what it holds. */
export type Apart = (x: Exchange, core: Answer) => Promise<WireReply>

/** What runs an endpoint for a reply that is of more than one request. */
export function computing(core: Answer, apart: Apart): (x: Exchange) => Promise<Computed> {
  const outside = createOutside()
  return async (x) => {
    const request = new RequestApart(x.request)
    const own = new Exchange(request)
    own.endpoint = x.endpoint
    own.pathValues = x.pathValues
    const reply = await outside(() => apart(own, core))
    return { reply, read: request.read }
  }
}

/** The stages of an endpoint's work, with those between them that say what may be read of the request. */
export function watchedWork(
  slots: readonly LiveSlot[],
  input: readonly Stage[],
  made: readonly Stage[],
  encode: Stage,
): Stage[] {
  return [...watchedStages(slots), watching(undefined), ...input, watching(NO_FIELDS), ...made, watching(FORM), encode]
}

const NO_FIELDS: ReadonlySet<string> = new Set()
/** What it chooses of the forms of a reply, policies know. */
const FORM: ReadonlySet<string> = new Set(['accept'])

function watching(known: ReadonlySet<string> | undefined): Stage {
  return (x) => {
    ;(x.request as RequestApart).known = known
  }
}

/** What says who is calling may read anything for that; what it uses, nothing but what callers are known by. */
function watchedStages(slots: readonly LiveSlot[]): Stage[] {
  const credentials = new Set(slots.flatMap(({ security }) => (security === undefined ? [] : credentialsOf(security))))
  return slots.flatMap((slot, index) => {
    if (slot.when !== 'identify') return []
    const alone = slots.map((other, at) => (at === index ? other : { ...other, when: 'handle' as const }))
    const make: Stage = (x) => makeDependencies(x, alone, 'identify')
    return [watching(slot.security === undefined ? credentials : undefined), make]
  })
}

/** Header fields that a scheme has credentials in (OpenAPI 3.1 §4.8.27). */
function credentialsOf(security: Security): string[] {
  return schemesOf(security).flatMap(({ scheme: { type, in: place, name } }) => {
    if (type !== 'apiKey') return ['authorization']
    if (place === 'cookie') return ['cookie']
    return place === 'header' ? [String(name).toLowerCase()] : []
  })
}
