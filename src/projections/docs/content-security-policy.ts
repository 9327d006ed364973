/** What a tool cannot do without, beyond scripts, styles and pictures of the page's own host. */
export interface ContentNeeds {
  /** It writes `<style>` elements. */
  readonly inlineStyles?: boolean
  /** It starts a worker from its own text. */
  readonly blobWorkers?: boolean
}

/**
 * The Content-Security-Policy of a documentation page (https://www.w3.org/TR/CSP3/): nothing but the
 * page's own host and the servers that the API declares, and no inline script. What a tool would
 * fetch from its maker's hosts is refused here even where its own settings fail to switch it off.
 */
export function contentSecurityPolicy(servers: readonly string[], needs: ContentNeeds): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    needs.inlineStyles ? "style-src 'self' 'unsafe-inline'" : "style-src 'self'",
    ["connect-src 'self'", ...origins(servers)].join(' '),
    "img-src 'self' data:",
    "font-src 'self' data:",
    needs.blobWorkers ? 'worker-src blob:' : "worker-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ')
}

/** Relative addresses are the page's own host; templates (`https://{region}.shop.example`) have no origin to allow. */
function origins(servers: readonly string[]): string[] {
  const found = servers.flatMap((server) => {
    if (server.includes('{') || !URL.canParse(server)) return []
    const { origin } = new URL(server)
    return origin === 'null' ? [] : [origin]
  })
  return [...new Set(found)]
}
