import type { BodyOut, BodyReceived, Content } from './content.ts'
import type { AnySchema } from './schema.ts'

/** A reply that an endpoint promises: status, body, headers. */
export interface ReplySpec<Status extends number = number, Body = unknown> {
  readonly is: 'reply'
  readonly status: Status
  readonly body: Body
  readonly headers?: AnySchema | undefined
  readonly description?: string | undefined
  readonly location?: ((body: never) => LocationOf) | undefined
}

export interface ReplyOptions {
  /** The schema of headers that the handler adds with `reply(status, body, headers)`. */
  readonly headers?: AnySchema
  /** One sentence for the documentation. */
  readonly description?: string
}

/** What a body of a reply is declared with. */
export type BodySpec = AnySchema | Content

function spec<Status extends number, Body>(
  status: Status,
  body: Body,
  options: ReplyOptions & Partial<ReplySpec> = {},
): ReplySpec<Status, Body> {
  return Object.freeze({ is: 'reply', status, body, ...options }) as ReplySpec<Status, Body>
}

/** 200 with a body. A bare schema in `returns` means the same; use this to add headers or a description. */
export function ok<const B extends BodySpec>(body: B, options?: ReplyOptions): ReplySpec<200, B> {
  return spec(200, body, options)
}

/** An address, or the values of the sibling's parameters that are not in the request's own path. */
export type LocationOf = string | Readonly<Record<string, string | number>>

/**
 * 201 with the thing that was made (RFC 9110 §15.3.2). `Location` is the sibling that reads it: the
 * GET endpoint with this path and one parameter more, filled from the body. Where the parameter is not
 * a member of the body, `location` gives its value; where there is no sibling, the address.
 *
 * @example
 * post('/', { body: OrderIn, returns: created(Order) })
 * post('/', { body: ArticleIn, returns: created(Envelope, { location: ({ article }) => ({ slug: article.slug }) }) })
 */
export function created<const B extends BodySpec>(
  body: B,
  options?: ReplyOptions & { readonly location?: (body: BodyOut<NoInfer<B>>) => LocationOf },
): ReplySpec<201, B> {
  return spec(201, body, options as ReplyOptions)
}

/** 202 for work that goes on after the reply (RFC 9110 §15.3.3). */
export function accepted<const B extends BodySpec>(body: B, options?: ReplyOptions): ReplySpec<202, B> {
  return spec(202, body, options)
}

/** 204, no body. The handler's value is ignored. */
export function noContent(options?: ReplyOptions): ReplySpec<204, undefined> {
  return spec(204, undefined, options)
}

export type RedirectStatus = 301 | 302 | 303 | 307 | 308

/** A redirect; the handler returns the address. 303 unless told (RFC 9110 §15.4). */
export function redirect<const Status extends RedirectStatus = 303>(
  status: Status = 303 as Status,
  options?: ReplyOptions,
): ReplySpec<Status, 'location'> {
  return spec(status, 'location', options)
}

/** Any other status. */
export function status<const Status extends number, const B extends BodySpec | undefined>(
  code: Status,
  body: B,
  options?: ReplyOptions,
): ReplySpec<Status, B> {
  return spec(code, body, options)
}

/** What the `returns` of an endpoint accepts. */
export type Returns = BodySpec | ReplySpec | readonly (BodySpec | ReplySpec)[]

/**
 * What a handler may return for `returns`; of a list, a plain value is the first, and any other must be stated. Zod's
 * schemas come first: it is the branch most take.
 */
export type Returned<R> = R extends { readonly _zod: { readonly output: infer Out } }
  ? Out | StatedReply<200, Out>
  : R extends ReplySpec<infer Status, infer B>
    ? ReturnedBody<Status, B>
    : R extends readonly [infer First, ...infer Others]
      ? ReturnedOne<First> | Extract<ReturnedOne<Others[number]>, StatedReply>
      : R extends readonly unknown[]
        ? ReturnedOne<R[number]>
        : BodyOut<R> | StatedReply<200, BodyOut<R>>

/** What a list holds is no list: asked as `Returned` is, `any` would go on for ever. */
type ReturnedOne<R> =
  R extends ReplySpec<infer Status, infer B> ? ReturnedBody<Status, B> : BodyOut<R> | StatedReply<200, BodyOut<R>>

type ReturnedBody<Status extends number, B> = B extends { readonly _zod: { readonly output: infer Out } }
  ? Out | StatedReply<Status, Out>
  : B extends undefined
    ? void | undefined | StatedReply<Status, undefined>
    : B extends 'location'
      ? string | StatedReply<Status, string>
      : BodyOut<B> | StatedReply<Status, BodyOut<B>>

/** What a caller receives for `returns`, as a union of `{ status, body }`. */
export type ReceivedReply<R> = R extends readonly unknown[] ? ReceivedOne<R[number]> : ReceivedOne<R>

type ReceivedOne<R> =
  R extends ReplySpec<infer Status, infer B>
    ? { readonly status: Status; readonly body: B extends undefined | 'location' ? undefined : BodyReceived<B> }
    : { readonly status: 200; readonly body: BodyReceived<R> }

/** A reply that a handler states in full: status, body and headers of its own. */
export class StatedReply<Status extends number = number, Body = unknown> {
  readonly status: Status
  readonly body: Body
  readonly headers: ReplyHeaders | undefined

  constructor(status: Status, body: Body, headers: ReplyHeaders | undefined) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** Header fields of a reply; a list sends the field once for each value. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>

/**
 * States a reply in full: which of the declared statuses, the body, headers.
 *
 * @example
 * return reply(200, order, { 'x-total': '3' })
 */
export function reply<const Status extends number>(status: Status): StatedReply<Status, undefined>
export function reply<const Status extends number, Body>(
  status: Status,
  body: Body,
  headers?: ReplyHeaders,
): StatedReply<Status, Body>
export function reply(status: number, body?: unknown, headers?: ReplyHeaders): StatedReply {
  return new StatedReply(status, body, headers)
}
