import { errorFormat, type FieldError, Forbidden, InvalidInput, NotFound, type Problem, Unauthorized } from 'trestle'

/** RealWorld's one shape for all failures: `{"errors": {"body": ["email: has already been taken"]}}`. */
export const genericError = errorFormat({
  name: 'GenericErrorModel',
  mediaType: 'application/json',
  body: (problem) => ({ errors: { body: problem.errors?.map(sentence) ?? [problem.detail ?? problem.type.title] } }),
  schema: () => ({
    type: 'object',
    required: ['errors'],
    properties: {
      errors: {
        type: 'object',
        required: ['body'],
        properties: { body: { type: 'array', items: { type: 'string' } } },
      },
    },
  }),
})

/** `/body/user/email` is "email" to the person who filled in the form: bodies here wrap all in one member. */
function sentence({ pointer, message }: FieldError): string {
  const [part, ...steps] = pointer.split('/').slice(1)
  const shown = part === 'body' && steps.length > 1 ? steps.slice(1) : steps
  return `${shown.join('.') || part}: ${message}`
}

export function unauthorized(detail: string): Problem {
  return Unauthorized({ detail, headers: { 'www-authenticate': 'Token' } })
}

export function notFound(thing: string): Problem {
  return NotFound({ detail: `${thing}: not found` })
}

export function forbidden(thing: string): Problem {
  return Forbidden({ detail: `${thing}: only its author may change it` })
}

/** Values of a user that somebody else has already. */
export function taken(fields: readonly string[]): Problem {
  const errors = fields.map((field) => ({
    pointer: `/body/user/${field}`,
    code: 'taken',
    message: 'has already been taken',
  }))
  return InvalidInput({ errors })
}
