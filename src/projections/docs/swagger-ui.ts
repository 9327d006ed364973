import type { Tool } from './tool.ts'

/**
 * Swagger UI, with its forms open. `validatorUrl` and `queryConfigEnabled` are said although their
 * defaults suit today: the one sends the document's address to its maker, the other lets a link
 * choose the document.
 */
export const swaggerUi: Tool = {
  label: 'API docs',
  bundle: {
    package: 'swagger-ui-dist',
    version: '5.35.0',
    integrity: 'sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==',
    licences: ['LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt'],
    files: [
      { name: 'swagger-ui-5.35.0.js', from: 'swagger-ui-bundle.js', mediaType: 'text/javascript' },
      { name: 'swagger-ui-5.35.0.css', from: 'swagger-ui.css', mediaType: 'text/css' },
    ],
  },
  start: `'use strict'
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
addEventListener('DOMContentLoaded', () => {
  const page = document.getElementById('docs')
  const { client, scopes, returning } = page.dataset
  const ui = SwaggerUIBundle({
    url: new URL(page.dataset.document, location.href).href,
    domNode: page,
    layout: 'BaseLayout',
    presets: [SwaggerUIBundle.presets.apis],
    deepLinking: true,
    displayOperationId: true,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    persistAuthorization: true,
    queryConfigEnabled: false,
    validatorUrl: null,
    ...(returning && { oauth2RedirectUrl: new URL(returning, location.href).href }),
  })
  if (returning) ui.initOAuth({ ...(client && { clientId: client, scopes }), usePkceWithAuthorizationCodeGrant: true })
})
`,
  // What its own page of the kind does, without the inline script, and for codes alone. An answer that nobody asked
  // for, which its own page only warns of, is not taken.
  returning: `'use strict'
const asked = window.opener?.swaggerUIRedirectOauth2
const answer = new URLSearchParams(location.search)
const tell = (message) => asked.errCb({ authId: asked.auth.name, source: 'auth', level: 'error', message })
if (!asked) document.getElementById('told').textContent = 'Nobody asked for this login: begin at the documentation.'
else {
  const code = answer.get('code')
  if (answer.get('state') !== asked.state) tell('The answer is to another login. Log in again.')
  else if (code === null) tell(answer.get('error_description') ?? answer.get('error') ?? 'The provider gave no code.')
  else {
    delete asked.state
    asked.auth.code = code
    asked.callback({ auth: asked.auth, redirectUrl: asked.redirectUrl })
  }
  window.close()
}
`,
  // The background is there before the script is, so that a dark page does not flash white. Documents here
  // have no links between replies, so that column says "No links" alone, past the edge of a phone. A choice of
  // servers of which the only one is the page's own is none. The dark colours of Swagger UI leave out the names
  // of headers. What copies a reply is not to hide its last lines.
  style: `body { margin: 0 }
@media (prefers-color-scheme: dark) { html { background: #1c2022 } }
.swagger-ui .response-col_links { display: none }
.swagger-ui .schemes-server-container:has(option[value="/"]:only-child) { display: none }
.swagger-ui .scheme-container:has(option[value="/"]:only-child):not(:has(.auth-wrapper)) { display: none }
.dark-mode .swagger-ui .header-col { color: #e4e6e6 }
@media (max-width: 480px) {
  .swagger-ui .opblock .opblock-summary-operation-id { display: none }
  .swagger-ui .live-responses-table .highlight-code > .microlight { padding-bottom: 3rem !important }
}
`,
  needs: {},
}
