import type { Draft } from './draft.ts'
import { bodyMutations } from './mutations/body.ts'
import { framingMutations } from './mutations/framing.ts'
import { headMutations } from './mutations/head.ts'
import { targetMutations } from './mutations/target.ts'
import { valueMutations } from './mutations/value.ts'
import type { Random } from './random.ts'
import { type Parts, toDraft } from './well-formed.ts'

/** Changes a request by its parts. False where there is nothing of its kind to change. */
export type PartsMutation = (parts: Parts, random: Random) => boolean

/** Changes a request as it goes on the wire. False where there is nothing of its kind to change. */
export type DraftMutation = (draft: Draft, random: Random) => boolean

export type Mutations<M> = Readonly<Record<string, M>>

/**
 * Mutates a request once, or up to three times. Mutations by parts come first: what has become bytes is
 * not taken apart again.
 */
export function mutate(parts: Parts, random: Random): Draft {
  const ofParts = Object.entries(valueMutations)
  const ofDraft = [targetMutations, bodyMutations, headMutations, framingMutations].map((group) =>
    Object.entries(group),
  )
  const times = random.chance(0.7) ? 1 : random.int(2, 3)
  const made: string[] = []
  let draft: Draft | undefined
  for (let tries = 0; made.length < times && tries < 20 && draft?.last !== true; tries++) {
    if (draft === undefined && random.chance(0.5)) {
      const [name, mutation] = random.pick(ofParts)
      if (mutation(parts, random)) made.push(name)
      continue
    }
    draft ??= toDraft(parts)
    const [name, mutation] = random.pick(random.pick(ofDraft))
    if (!made.includes(name) && mutation(draft, random)) made.push(name)
  }
  draft ??= toDraft(parts)
  draft.made.push(...made)
  return draft
}
