import type { BodyDeclared } from './content.ts'
import type { HandlerContext, ReservedName } from './context.ts'
import type { Uses } from './depends.ts'
import type { Formats } from './formats.ts'
import type { GroupOptions, SecurityOption } from './group.ts'
import type { Hooks } from './hooks.ts'
import type { PageQuery } from './page.ts'
import type { Path } from './path.ts'
import type { Policy } from './policy.ts'
import type { AnyProblem } from './problem.ts'
import type { Returned, Returns } from './reply-spec.ts'
import type { AnySchema } from './schema.ts'

/** What an endpoint promises. Each part is optional. */
export interface EndpointSpec extends Hooks {
  /** Schema of the path's parameters. Without it they are strings. */
  readonly params?: AnySchema
  /** Schema of the query string's fields, which are turned into the types it asks for. */
  readonly query?: AnySchema | PageQuery
  /** Schema of request header fields, names in lower case. */
  readonly headers?: AnySchema
  /** Schema of cookies. */
  readonly cookies?: AnySchema
  /** A schema for JSON, or `form(schema)`, `xml(schema)`, `multipart(fields)`, `text()`, `bytes()`, `stream()`; or a list, of which the caller sends one. */
  readonly body?: BodyDeclared
  /** A schema for 200 with JSON, another reply such as `created(Order)`, or a list of them. */
  readonly returns?: Returns
  /** Problems the handler throws. */
  readonly throws?: readonly AnyProblem[]
  /** Dependencies, by the name under which the handler gets them. */
  readonly use?: Uses & {
    readonly [K in ReservedName]?: 'the context has this name already: call the dependency something else'
  }
  readonly policies?: readonly Policy[]
  readonly limits?: EndpointLimits
  /** What values travel as, here and back: `['json', 'xml', 'csv']`. What its group or API says unless told, or JSON. */
  readonly formats?: Formats
  /** `'public'` where anybody may call it, or a security dependency whose value the handler does not need. */
  readonly security?: Exclude<SecurityOption, 'required'>
  /** What OpenAPI calls it, and so clients generated from there; its own name (`orders.create`) unless told. */
  readonly operationId?: string
  /** A few words for lists. */
  readonly summary?: string
  /** Markdown. */
  readonly description?: string
  /** Where documentation lists it; the name of its group unless told. */
  readonly tags?: readonly string[]
  readonly deprecated?: boolean
  /** True to serve it but leave it out of every description of the API. */
  readonly hidden?: boolean
}

export interface EndpointLimits {
  /** Bytes a request body may have. */
  readonly body?: number
  /** Levels of arrays and objects a JSON body may nest. */
  readonly depth?: number
  /** Milliseconds a reply may take to begin, without those in which the body of the request comes; 0 for no limit. */
  readonly timeout?: number
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'QUERY'

/** One endpoint: plain data, and the handler where it has one. */
export interface Endpoint<P extends string = string, S = EndpointSpec, H = unknown> {
  readonly is: 'endpoint'
  readonly method: Method
  /** The path template, the prefixes of its groups included. */
  readonly path: string
  readonly spec: S
  /** What its groups say, outermost first. */
  readonly levels: readonly GroupOptions[]
  readonly handler: H | undefined
  /** Set for the built-in probes, by `essential`. */
  readonly essential?: boolean
  /** Set by `relaying`: its work is done by others that it calls. */
  readonly relays?: boolean
  /** Never set: carries the type of the path as the endpoint wrote it. */
  readonly template?: P
}

/** An endpoint whose path, spec and result do not matter. */
export type AnyEndpoint = Endpoint<string, object, unknown>

/** What a handler of this spec returns: what `returns` says, or else anything that JSON can carry. */
export type Result<S> = S extends { readonly returns: infer X } ? Returned<X> | Promise<Returned<X>> : unknown

/** A handler of this path and spec. */
export type Handler<P extends string, S> = (context: HandlerContext<P, S>) => Result<S>

/**
 * Declares an endpoint of one method: a path, what it promises, and what it does.
 *
 * The handler is a type parameter of its own (`H`) because only so does the compiler know the reply's
 * type while it reads the handler's `return`: `status: 'open'` stays `'open'`.
 *
 * That a spec extends `EndpointSpec` lets a misspelt part pass where another is right, so its keys are compared as well:
 * 4 instantiations, written out, 14 as a type with a name.
 */
export interface Verb {
  /** The handler alone: path parameters are strings, the reply is JSON. */
  <const P extends Path, H extends Handler<P, object>>(path: P, handler: H): Endpoint<P, object, H>
  /** The promise alone, to be kept by `implement`. */
  <const P extends Path, const S extends EndpointSpec>(
    path: P,
    spec: [keyof S] extends [keyof EndpointSpec] ? S : EndpointSpec,
  ): Endpoint<P, S>
  <const P extends Path, const S extends EndpointSpec, H extends Handler<P, S>>(
    path: P,
    spec: [keyof S] extends [keyof EndpointSpec] ? S : EndpointSpec,
    handler: H,
  ): Endpoint<P, S, H>
}

function verb(method: Method): Verb {
  return ((path: string, ...rest: unknown[]) => {
    const handler = rest.find((part) => typeof part === 'function') as Endpoint['handler']
    if (rest.length > 1 && rest[0] === undefined) {
      throw new TypeError(`${method} ${path}: what it declares is undefined: check for modules that import each other`)
    }
    const spec = typeof rest[0] === 'object' && rest[0] !== null ? { ...rest[0] } : {}
    return Object.freeze({ is: 'endpoint', method, path, spec: Object.freeze(spec), levels: [], handler })
  }) as Verb
}

/** Reads; safe and cacheable. HEAD is answered from it. */
export const get: Verb = verb('GET')
export const post: Verb = verb('POST')
export const put: Verb = verb('PUT')
export const patch: Verb = verb('PATCH')
/** DELETE; the name `delete` is taken by the language. */
export const del: Verb = verb('DELETE')
/** A safe method with a body (RFC 10008). */
export const query: Verb = verb('QUERY')
/** Only where HEAD must differ from what GET gives. */
export const head: Verb = verb('HEAD')
/** Only where OPTIONS must say more than 204 with `Allow`. */
export const options: Verb = verb('OPTIONS')
