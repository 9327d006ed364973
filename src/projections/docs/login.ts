import { schemesUsed } from '../../compile/faults.ts'
import type { Api } from '../../contract/api.ts'
import { walk } from '../../contract/walk.ts'
import { type StatedReply, reply } from '../../contract/reply-spec.ts'
import { returnName } from './asset.ts'
import type { Tool } from './tool.ts'

/** Addresses that a page asks to log somebody in: where codes are exchanged, or where the provider says where that is. */
export function loginServers(api: Api): string[] {
  const found = walk(api)
    .flatMap(schemesUsed)
    .flatMap(({ scheme }) => {
      const { flows, openIdConnectUrl } = scheme as Partial<LoginScheme>
      return [openIdConnectUrl, flows?.authorizationCode?.tokenUrl].filter((url) => url !== undefined)
    })
  return [...new Set(found)]
}

/** The schemes of OpenAPI 3.1 §4.8.27 by which a page can log in. */
interface LoginScheme {
  readonly openIdConnectUrl: string
  readonly flows: { readonly authorizationCode?: { readonly tokenUrl: string } }
}

/** Answers with the page to which a provider leads back: it hands the code to the page that asked, and closes. */
export function sendReturn(tool: Tool): StatedReply<200, string> {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Logged in</title>
<link rel="icon" href="data:,">
</head>
<body>
<p id="told">This page closes by itself.</p>
<script src="./assets/${returnName(tool)}"></script>
</body>
</html>
`
  return reply(200, html, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'x-content-type-options': 'nosniff',
    // Its address has the code.
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
}
