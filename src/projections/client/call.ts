import type { BodySent, Content } from '../../contract/content.ts'
import type { Endpoint } from '../../contract/endpoint.ts'
import type { CursorPage } from '../../contract/page.ts'
import type { PathParams } from '../../contract/path.ts'
import type { ReceivedReply, ReplySpec, StatedReply } from '../../contract/reply-spec.ts'
import type { Received, Sent } from '../../contract/schema.ts'
import type { Jsonify } from './jsonify.ts'

/** What may be said about one call, beside its input. */
export interface CallOptions {
  /** Ends the call. */
  readonly signal?: AbortSignal
  /** Further header fields; they win over the client's own. */
  readonly headers?: HeadersInit
  /** Milliseconds the whole reply may take, for a stream its beginning; 0 for no limit. */
  readonly timeout?: number
}

/** The calls of an API, in its own shape: `client.orders.create({ body })`. Only what is used is computed. */
export type Client<A> = {
  readonly [K in keyof A as K extends symbol ? never : K]: A[K] extends { readonly is: 'endpoint' }
    ? EndpointCall<A[K]>
    : Client<A[K]>
}

/** How an endpoint is called. */
export type EndpointCall<E> =
  E extends Endpoint<infer P, infer S, infer H>
    ? S extends { readonly returns: ReplySpec<200, Content<'cursor', infer Item>> }
      ? Call<Input<P, S>, ReplyOf<S, H>> & Pages<Input<P, S>, Received<Item>>
      : Call<Input<P, S>, ReplyOf<S, H>>
    : never

/** A call: its promise is that of the reply's body. */
export interface Call<In, R extends AnyReply> {
  (...args: Arguments<In>): Promise<R['body']>
  /** The same call; its promise is that of the whole reply: `{ status, headers, body }`. */
  readonly reply: (...args: Arguments<In>) => Promise<R & { readonly headers: Headers }>
}

/** A call whose reply is one page of a list. */
export interface Pages<In, Item> {
  /** Every page from here on, each asked for when it is needed. */
  readonly pages: (...args: Arguments<In>) => AsyncIterable<CursorPage<Item>>
  /** Every item from here on; the next page is asked for when it is needed. */
  readonly items: (...args: Arguments<In>) => AsyncIterable<Item>
}

interface AnyReply {
  readonly status: number
  readonly body: unknown
}

/** An object without a field: what it extends has no required one. */
type Nothing = Record<never, never>

/** The input may be left out where nothing in it is required. */
type Arguments<In> = Nothing extends In ? [input?: In, options?: CallOptions] : [input: In, options?: CallOptions]

/** The parts an endpoint needs, and no others, as one object, for an editor shows it so. */
type Input<P extends string, S> = Parts<P, S> extends infer All ? { [K in keyof All]: All[K] } : never

type Parts<P extends string, S> = Part<'params', S extends { readonly params: infer X } ? Sent<X> : PathParams<P>> &
  (S extends { readonly query: infer X } ? Part<'query', Sent<X>> : unknown) &
  (S extends { readonly headers: infer X } ? Part<'headers', Sent<X>> : unknown) &
  (S extends { readonly cookies: infer X } ? { readonly cookies?: Sent<X> } : unknown) &
  (S extends { readonly body: infer X } ? Body<BodySent<X>> : unknown)

/** One part: absent where it has no fields, optional where none is required. */
type Part<Name extends string, Value> = unknown extends Value
  ? unknown
  : Nothing extends Value
    ? { readonly [K in Name]?: Value }
    : { readonly [K in Name]: Value }

type Body<Value> = undefined extends Value ? { readonly body?: Value } : { readonly body: Value }

/** What arrives: what the endpoint returns, or else what JSON makes of its handler's value. */
type ReplyOf<S, H> = S extends { readonly returns: infer X }
  ? X extends readonly unknown[]
    ? Succeeded<ReceivedReply<X>>
    : ReceivedReply<X>
  : H extends (...args: never[]) => infer Out
    ? Inferred<Awaited<Out>>
    : { readonly status: number; readonly body: unknown }

/** Failures are thrown, so they are no part of what a call gives. */
type Succeeded<R> = R extends { readonly status: infer Status extends number }
  ? `${Status}` extends `4${string}` | `5${string}`
    ? never
    : R
  : never

/** Nothing is 204; a handler that states its reply says the status itself. */
type Inferred<Out> = unknown extends Out
  ? { readonly status: number; readonly body: Out }
  : Out extends StatedReply<infer Status, infer Body>
    ? { readonly status: Status; readonly body: Jsonify<Body> }
    : Out extends undefined | void
      ? { readonly status: 204; readonly body: undefined }
      : { readonly status: 200; readonly body: Jsonify<Out> }
