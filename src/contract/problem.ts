import type { Decoded, AnySchema, Schema } from './schema.ts'

/** One field that was refused, in a 422 or 400 reply. */
export interface FieldError {
  /** Where: a JSON pointer (RFC 6901) into the part, after the part's name: `/body/items/0/qty`. */
  readonly pointer: string
  /** Why, stable and machine-readable: `too_small`, `invalid_type`, `required` … */
  readonly code: string
  /** Why, for people. */
  readonly message: string
}

/** The facts of a kind of failure. */
export interface AnyProblem {
  readonly is: 'problem'
  readonly code: string
  readonly status: number
  readonly title: string
  /** Its type, where somebody else has registered one (RFC 9457 §4.2). */
  readonly uri: string | undefined
  readonly extra: Schema | undefined
  readonly headers: readonly string[]
}

/** True for what `problem` gives. */
export function isProblemType(value: unknown): value is AnyProblem {
  return (value as Partial<AnyProblem> | null | undefined)?.is === 'problem'
}

/** Members that every problem document has (RFC 9457 §3.1, and ours): a problem's own cannot be called so. */
export const PROBLEM_MEMBERS: readonly string[] = ['type', 'title', 'status', 'detail', 'instance', 'code', 'errors']

/** A kind of failure that an endpoint can answer with (RFC 9457). Calling it makes one to throw. */
export interface ProblemType<Code extends string = string, Extra = unknown> extends AnyProblem {
  (
    ...args: [Extra] extends [undefined]
      ? [options?: ProblemOptions]
      : undefined extends Extra
        ? [extra?: Extra, options?: ProblemOptions]
        : [extra: Extra, options?: ProblemOptions]
  ): Problem<Code, Extra>
  readonly code: Code
}

export interface ProblemOptions {
  /** What happened this time, for people. It is sent, so it must hold nothing internal. */
  readonly detail?: string
  /** Fields that were refused. */
  readonly errors?: readonly FieldError[]
  /** Header fields sent with the reply, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Why it happened, for the log only. */
  readonly cause?: unknown
}

/** A failure on its way to the caller. Throw it from a handler, a hook or a dependency. */
export class Problem<Code extends string = string, Extra = unknown> extends Error {
  readonly type: AnyProblem & { readonly code: Code }
  readonly extra: Extra
  readonly detail: string | undefined
  readonly errors: readonly FieldError[] | undefined
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(type: AnyProblem & { readonly code: Code }, extra: Extra, options: ProblemOptions = {}) {
    super(options.detail ?? type.title, { cause: options.cause })
    this.type = type
    this.extra = extra
    this.detail = options.detail
    this.errors = options.errors
    this.headers = options.headers
  }

  override get name(): string {
    return `Problem(${this.type.code})`
  }

  get code(): Code {
    return this.type.code
  }

  get status(): number {
    return this.type.status
  }
}

/**
 * Declares a problem: a stable code, a status, a title, and the schema of further members of the
 * problem document (RFC 9457 §3.2). List it in an endpoint's `throws`; throw what calling it returns.
 *
 * @throws {TypeError} for a code that is not snake_case, or a status below 400 or above 599.
 * @example
 * const OutOfStock = problem('out_of_stock', { status: 409, extra: z.object({ sku: z.string() }) })
 * throw OutOfStock({ sku: 'tea' })
 * throw NotFound({ detail: 'There is no such order' })
 */
export function problem<const Code extends string, S extends AnySchema | undefined = undefined>(
  code: Code,
  options: {
    readonly status: number
    readonly title?: string
    /** The URI of a type that is registered or shared with others; that of the error format unless told. */
    readonly uri?: string
    readonly extra?: S
    /** Names of header fields that come with it, for the documentation. */
    readonly headers?: readonly string[]
  },
): ProblemType<Code, S extends AnySchema ? Decoded<S> : undefined> {
  if (!/^[a-z][a-z0-9_]*$/.test(code))
    throw new TypeError(`problem("${code}"): a code is snake_case, like "out_of_stock"`)
  if (!Number.isInteger(options.status) || options.status < 400 || options.status > 599) {
    throw new TypeError(`problem("${code}"): status is ${options.status}, but a problem has a status from 400 to 599`)
  }
  const words = code.replaceAll('_', ' ')
  // Without members of its own there is nothing to say first: `NotFound({ detail })`.
  const make = (...given: [unknown?, ProblemOptions?]): Problem =>
    options.extra === undefined
      ? new Problem(make as never, undefined, given[0] as ProblemOptions | undefined)
      : new Problem(make as never, given[0], given[1])
  const facts = {
    is: 'problem',
    code,
    status: options.status,
    title: options.title ?? words.charAt(0).toUpperCase() + words.slice(1),
    uri: options.uri,
    extra: options.extra,
    headers: options.headers ?? [],
  } as const
  return Object.freeze(Object.assign(make, facts)) as never
}

/** A failure with a code: a problem as a handler throws it, or as a client receives it. */
export interface Failure<Code extends string = string, Extra = unknown> extends Error {
  readonly code: Code
  readonly status: number
  readonly extra: Extra
  readonly detail: string | undefined
  readonly errors: readonly FieldError[] | undefined
}

/**
 * True when `error` is this problem, thrown here or received by a client; narrows `extra`. A client
 * has `extra` as JSON carried it.
 */
export function isProblem<Code extends string, Extra>(
  error: unknown,
  type: ProblemType<Code, Extra>,
): error is Failure<Code, Extra> {
  return error instanceof Error && 'extra' in error && (error as Partial<Failure>).code === type.code
}
