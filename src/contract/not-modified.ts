import type { ReplyHeaders } from './reply-spec.ts'

/** Thrown where the caller has what there is: it gets 304, and nothing failed. */
export class NotModified extends Error {
  override readonly name = 'NotModified'
  readonly headers: ReplyHeaders

  constructor(headers: ReplyHeaders) {
    super('the caller has what there is')
    this.headers = headers
  }
}
