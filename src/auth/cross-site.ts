import { type ProblemType, problem } from '../contract/problem.ts'
import type { Request } from '../contract/request.ts'
import { SAFE_METHODS } from '../contract/walk.ts'

/** A request with cookies that may come from a page of another site. */
export const CrossSiteRequest: ProblemType<'csrf', undefined> = problem('csrf', {
  status: 403,
  title: 'This request may come from a page of another site',
})

/**
 * Refuses what another site may have had a browser send (OWASP, Cross-Site Request Forgery Prevention: Fetch Metadata,
 * with Origin where a browser does not send that). No page can set either field, so no token is needed. What has
 * neither is refused too: no browser of today sends it.
 *
 * @param origins that may send requests though they are others: `https://app.example.com`.
 * @throws {Problem} `CrossSiteRequest`
 */
export function refuseCrossSite(request: Request, origins: ReadonlySet<string>): void {
  if (SAFE_METHODS.has(request.method)) return
  const origin = request.header('origin')
  if (origin !== undefined && origins.has(origin)) return
  const site = request.header('sec-fetch-site')
  // "none" is the user's doing alone. A page of a sibling domain ("same-site") is another's.
  const isOwn =
    site === undefined
      ? origin !== undefined && hostOf(origin) === hostOf(request.url)
      : site === 'same-origin' || site === 'none'
  if (isOwn) return
  throw CrossSiteRequest({
    detail:
      site === undefined && origin === undefined
        ? 'Send Origin: what changes something with a cookie says where it comes from'
        : 'Only pages of this origin may change something with a cookie',
  })
}

/** Not the scheme: behind a proxy that ends TLS it need not be known. Undefined and `null` are no host. */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined
}
