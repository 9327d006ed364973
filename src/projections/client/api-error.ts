import type { Failure, FieldError } from '../../contract/problem.ts'

/**
 * The API refused: a reply of 400 or above, or a 304 (`not_modified`) to a call that asked for one. Switch on `code`, or narrow with `isProblem(error, OutOfStock)`.
 * Reads problem documents (RFC 9457) and `{"error": {"code", "message", "field"}}`; any other body is
 * in `problem`, and `code` is then `http_` and the status.
 */
export class ApiError extends Error implements Failure {
  override readonly name = 'ApiError'
  /** The operation id: `orders.create`. */
  readonly operation: string
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  /** Every field that was refused. */
  readonly errors: readonly FieldError[] | undefined
  /** The problem's own members, where it has any. */
  readonly extra: unknown
  /** The whole body: JSON where it is JSON, else text. */
  readonly problem: unknown
  readonly headers: Headers

  constructor(operation: string, called: string, response: Response, problem: unknown) {
    const facts = read(response, problem)
    const fields = facts.errors?.map((field) => `\n  ${field.pointer}: ${field.message}`).join('') ?? ''
    super(`${operation}: ${called} answered ${response.status} ${facts.code}: ${facts.detail ?? facts.title}${fields}`)
    this.operation = operation
    this.status = response.status
    this.code = facts.code
    this.title = facts.title
    this.detail = facts.detail
    this.errors = facts.errors
    this.extra = facts.extra
    this.problem = problem
    this.headers = response.headers
  }
}

type Facts = Pick<ApiError, 'code' | 'title' | 'detail' | 'errors' | 'extra'>
type Members = Readonly<Record<string, unknown>>

function read(response: Response, problem: unknown): Facts {
  const fallback = response.statusText || `HTTP status ${response.status}`
  const code = `http_${response.status}`
  if (!isObject(problem)) return { code, title: fallback, detail: undefined, errors: undefined, extra: undefined }
  if (isObject(problem.error)) {
    const { error } = problem
    const message = text(error.message)
    const title = message ?? fallback
    return {
      code: text(error.code) ?? code,
      title,
      detail: message,
      errors: fields(error.fields),
      extra: error.details,
    }
  }
  const { type: _type, status: _status, instance: _instance, title, code: stated, detail, errors, ...extra } = problem
  return {
    code: text(stated) ?? code,
    title: text(title) ?? fallback,
    detail: text(detail),
    errors: fields(errors),
    extra: Object.keys(extra).length > 0 ? extra : undefined,
  }
}

function fields(value: unknown): readonly FieldError[] | undefined {
  return Array.isArray(value) ? value : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
