import type { Schema, SchemaIssue, SchemaResult } from '../contract/schema.ts'

/** What is shown to log in. */
export interface LoginCredentials {
  readonly username: string
  readonly password: string
}

/** What a login gives, named as in OAuth (RFC 6749 §5.1). */
export interface LoginTokens {
  /** For `Authorization: Bearer …`. */
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds for which the access token holds. */
  readonly expires_in: number
  /** For the next refresh, once. */
  readonly refresh_token: string
  /** What the access token allows, with spaces between. */
  readonly scope: string
}

const text = { type: 'string' }

/** No library's schemas: whoever uses no login group loads none. */
export const credentialsBody: Schema<LoginCredentials> = texts({ username: 255, password: 1024 })
export const refreshBody: Schema<{ readonly refresh_token: string }> = texts({ refresh_token: 255 })

export const tokensReply: Schema<LoginTokens> = schemaOf<LoginTokens>((value) => ({ value: value as LoginTokens }), {
  type: 'object',
  properties: {
    access_token: { ...text, description: 'For Authorization: Bearer' },
    token_type: { const: 'Bearer' },
    expires_in: { type: 'integer', description: 'Seconds for which the access token holds' },
    refresh_token: { ...text, description: 'For the next refresh, once' },
    scope: { ...text, description: 'What the access token allows' },
  },
  required: ['access_token', 'token_type', 'expires_in', 'refresh_token', 'scope'],
})

/** An object of texts, each with the most characters that it has. */
function texts<const N extends string>(fields: Readonly<Record<N, number>>): Schema<Readonly<Record<N, string>>> {
  const names = Object.keys(fields) as N[]
  const validate = (value: unknown): SchemaResult<Readonly<Record<N, string>>> => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      return { issues: [{ code: 'invalid_type', message: 'Must be an object' }] }
    }
    const given = value as Readonly<Record<N, unknown>>
    const issues = names.flatMap((name): SchemaIssue[] => {
      const one = Object.hasOwn(given, name) ? given[name] : undefined
      if (typeof one !== 'string') return [{ path: [name], code: 'invalid_type', message: 'Must be a text' }]
      if (one.length >= 1 && one.length <= fields[name]) return []
      return [{ path: [name], code: 'invalid_value', message: `Must have 1 to ${fields[name]} characters` }]
    })
    if (issues.length > 0) return { issues }
    return { value: Object.fromEntries(names.map((name) => [name, given[name]])) as Readonly<Record<N, string>> }
  }
  return schemaOf<Readonly<Record<N, string>>>(validate, {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { ...text, minLength: 1, maxLength: fields[name] }])),
    required: names,
  })
}

function schemaOf<T>(validate: (value: unknown) => SchemaResult<T>, json: Record<string, unknown>): Schema<T> {
  const jsonSchema = { input: () => json, output: () => json }
  return Object.freeze({ '~standard': { version: 1, vendor: 'trestle', validate, jsonSchema } } as const)
}
