import type { Tool } from './tool.ts'

/**
 * Scalar's API reference, without what leads or calls elsewhere: its telemetry, fonts, request
 * proxy, agent, MCP and the button to its desktop client.
 */
export const scalar: Tool = {
  label: 'API reference',
  bundle: {
    package: '@scalar/api-reference',
    version: '1.72.1',
    integrity: 'sha512-XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow==',
    licences: [],
    files: [{ name: 'scalar-1.72.1.js', from: 'dist/browser/standalone.js', mediaType: 'text/javascript' }],
  },
  // Its copy of zod would try whether it may compile code, which the page's policy refuses.
  start: `'use strict'
globalThis.__zod_globalConfig = { jitless: true }
addEventListener('DOMContentLoaded', () => {
  const page = document.getElementById('docs')
  Scalar.createApiReference(page, {
    url: new URL(page.dataset.document, location.href).href,
    telemetry: false,
    withDefaultFonts: false,
    proxyUrl: '',
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: 'never',
    documentDownloadType: 'direct',
    showOperationId: true,
    persistAuth: true,
  })
})
`,
  // The background is there before the script is, so that a dark page does not flash white.
  style: `body { margin: 0 }
@media (prefers-color-scheme: dark) { html:not(:has(body.light-mode)) { background: #0f0f0f } }
`,
  needs: { inlineStyles: true },
}
