import { MEDIA_TYPE } from './media-type.ts'
import type { Problem } from './problem.ts'

/**
 * How failures look on the wire. One value decides the reply and its description in OpenAPI, so the
 * two cannot disagree.
 */
export interface ErrorFormat {
  readonly is: 'error-format'
  /** Names the schema in OpenAPI. */
  readonly name: string
  readonly mediaType: string
  /** The body of a failure. It must hold nothing that `problem` does not. */
  readonly body: (problem: Problem) => unknown
  /** JSON Schema of the body; `extra` is that of the problem's own members, where it has any. */
  readonly schema: (extra: JsonObject | undefined) => JsonObject
}

type JsonObject = Record<string, unknown>

const fieldError = {
  type: 'object',
  required: ['pointer', 'code', 'message'],
  properties: {
    pointer: { type: 'string', description: 'JSON pointer to the field', examples: ['/body/items/0/qty'] },
    code: { type: 'string' },
    message: { type: 'string' },
  },
}

/**
 * RFC 9457 problem documents. A problem's own members stand beside the standard ones.
 *
 * @param types the base of `type`: with `https://shop.example/problems/` the type of `out_of_stock`
 * is `https://shop.example/problems/out_of_stock`. Without it the type is `about:blank` (§4.2.1).
 */
export function problemDocuments(types?: string): ErrorFormat {
  return errorFormat({
    name: 'Problem',
    mediaType: 'application/problem+json',
    body: (problem) => ({
      ...(problem.extra as object | undefined),
      type: problem.type.uri ?? (types === undefined ? 'about:blank' : types + problem.code),
      title: problem.type.title,
      status: problem.status,
      code: problem.code,
      detail: problem.detail,
      errors: problem.errors,
    }),
    schema: (extra) => {
      const base = {
        type: 'object',
        required: ['type', 'title', 'status', 'code'],
        properties: {
          type: { type: 'string', format: 'uri-reference' },
          title: { type: 'string' },
          status: { type: 'integer' },
          code: { type: 'string', description: 'Stable: switch on this' },
          detail: { type: 'string' },
          errors: { type: 'array', items: fieldError },
        },
      }
      return extra === undefined ? base : { allOf: [base, extra] }
    },
  })
}

/**
 * An error format of your own, for an API whose failures look another way.
 *
 * @throws {TypeError} for a media type that is none.
 */
export function errorFormat(format: Omit<ErrorFormat, 'is'>): ErrorFormat {
  const { mediaType } = format
  if (!MEDIA_TYPE.test(mediaType)) throw new TypeError(`errorFormat: ${JSON.stringify(mediaType)} is no media type`)
  return Object.freeze({ is: 'error-format', ...format })
}

/**
 * `{"error": {"code", "message", "field"}}`: the first refused field in `field`, all of them in
 * `fields`, a problem's own members in `details`.
 */
export const errorEnvelope: ErrorFormat = errorFormat({
  name: 'Error',
  mediaType: 'application/json',
  body: (problem) => {
    const first = problem.errors?.[0]
    return {
      error: {
        code: problem.code,
        message: first?.message ?? problem.detail ?? problem.type.title,
        field: first === undefined ? null : first.pointer,
        details: problem.extra,
        fields: problem.errors,
      },
    }
  },
  schema: (extra) => ({
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message', 'field', ...(extra === undefined ? [] : ['details'])],
        properties: {
          code: { type: 'string', description: 'Stable: switch on this' },
          message: { type: 'string' },
          field: { type: ['string', 'null'], description: 'JSON pointer to the first refused field' },
          ...(extra === undefined ? {} : { details: extra }),
          fields: { type: 'array', items: fieldError },
        },
      },
    },
  }),
})
