import { schemesUsed } from '../compile/faults.ts'
import { type Api, OPTIONS } from '../contract/api.ts'
import { type AnyEndpoint, get } from '../contract/endpoint.ts'
import { NotFound } from '../contract/problems.ts'
import { RESOURCE_METADATA } from '../contract/security.ts'
import { walk } from '../contract/walk.ts'

/** The metadata of a protected resource (RFC 9728 §2). */
interface ResourceMetadata {
  readonly resource: string
  readonly resource_name?: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported: readonly string[]
  readonly bearer_methods_supported: readonly ['header']
}

/** Says who issues tokens for an API, made when it is first asked for; 404 where no scheme says so. */
export function resourceMetadata(api: Api): AnyEndpoint {
  let known: ResourceMetadata | undefined
  return get(RESOURCE_METADATA, { throws: [NotFound], hidden: true }, () => {
    known ??= metadataOf(api)
    if (known === undefined) throw NotFound()
    return known
  })
}

/** Of the first resource that a scheme names: an API is one. */
function metadataOf(api: Api): ResourceMetadata | undefined {
  const schemes = walk(api).flatMap(schemesUsed)
  const url = schemes.find(({ resource }) => resource !== undefined)?.resource?.url
  if (url === undefined) return undefined
  const own = schemes.filter(({ resource }) => resource?.url === url)
  const { title } = api[OPTIONS]
  return {
    resource: url,
    ...(title !== undefined && { resource_name: title }),
    authorization_servers: [...new Set(own.flatMap(({ resource }) => resource?.authorizationServers ?? []))],
    scopes_supported: [...new Set(own.flatMap(({ scopes }) => scopes ?? []))].toSorted(),
    bearer_methods_supported: ['header'],
  }
}
