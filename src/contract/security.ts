/** A way in which callers show who they are. */
export interface SecurityScheme {
  /** Its name in OpenAPI's `components.securitySchemes`. */
  readonly name: string
  /** The scheme itself, as OpenAPI 3.1 §4.8.27 writes it. */
  readonly scheme: Readonly<Record<string, unknown>>
  /** Scopes that an endpoint using this needs. */
  readonly scopes?: readonly string[]
  /** What the API is to those who get tokens for it. */
  readonly resource?: ProtectedResource
}

/** An API as a protected resource (RFC 9728 §1.2). */
export interface ProtectedResource {
  /** Its address, as callers have it. */
  readonly url: string
  /** Issuers of its tokens. */
  readonly authorizationServers: readonly string[]
}

/** Where its metadata is, beneath its address. */
export const RESOURCE_METADATA = '/.well-known/oauth-protected-resource'

/** Marks a dependency as the one that says who is calling. It runs before the body is read. */
export type Security = (SecurityScheme | OneOfSchemes) & {
  /** True where a caller without credentials is let through. */
  readonly optional?: boolean
  /** Who the value says is calling: an id that is the same whenever the same caller comes. */
  readonly principal?: (value: never) => string | undefined
}

/** Schemes of which a caller shows one. */
export interface OneOfSchemes {
  readonly anyOf: readonly SecurityScheme[]
}

/** The schemes of which a caller shows one. */
export function schemesOf(security: Security): readonly SecurityScheme[] {
  return 'anyOf' in security ? security.anyOf : [security]
}
