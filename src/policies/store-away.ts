/** A store that does not answer, or not in its time. What becomes of the request is the policy's to say. */
export class StoreAway extends Error {
  override readonly name = 'StoreAway'
}

/** What a policy does while its store is away: let requests pass, or refuse them with 503. */
export type WhenAway = 'open' | 'closed'
