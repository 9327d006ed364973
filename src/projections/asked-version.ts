import type { Request } from '../contract/request.ts'
import { type Versions, unknownVersion } from '../contract/version.ts'

/**
 * The version that is to be shown: `?version=2025-06-01`, for links and pages, or what the header field says.
 *
 * @throws UnknownVersion
 */
export function askedVersion(request: Request, versions: Versions): string {
  const asked = new URLSearchParams(request.search).get('version') ?? request.header(versions.header)
  if (asked === undefined) return versions.default
  if (!versions.names.includes(asked)) throw unknownVersion(versions)
  return asked
}
